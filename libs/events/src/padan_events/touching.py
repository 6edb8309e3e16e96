"""Whether somebody has worked on a case, which is what a returned one waits for. Told in one place: whoever shows the
deadline tells it as household does."""

from padan_events.dying import DeathCorrected, DeathReversed, MemberDied, ToldBy
from padan_events.effects import HouseholdFact
from padan_events.families import CaretakerChanged, ChangeReason, HeadChanged
from padan_events.household import WelfareRanked
from padan_events.relocations import RelocationSeen
from padan_events.reviews import RegisterMatched


def touches(data: HouseholdFact, actor: str) -> bool:
    """Whether an event by this actor is a person's work on the case: a returned one is not withdrawn by itself any
    more."""
    return actor.startswith("user:") and not _reported(data)


def _reported(data: HouseholdFact) -> bool:
    """Whether an event follows from what a register says, by a file or a notification that a person sent: nobody has
    worked on the case. Who follows somebody who died does so by rule, whoever told of the death."""
    if isinstance(data, MemberDied | DeathCorrected | DeathReversed):
        return data.source is not ToldBy.OPERATOR
    if isinstance(data, HeadChanged | CaretakerChanged):
        return data.reason is ChangeReason.DIED
    return isinstance(data, WelfareRanked | RelocationSeen | RegisterMatched)
