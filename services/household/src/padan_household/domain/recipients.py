"""Families that receive assistance: proposed for programmes, verified every month, ended on their own request.

Source: docs/domain.md, Recipients are verified every month; What ends aid. Places belong to programmes, which are told
the facts; the household stays what it is.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.commands.recipients import (
    AnsweredCase,
    ConfirmRecipient,
    ConfirmRecipients,
    ProposeProgramme,
    Resign,
    VerifyRecipient,
    VerifyRecipients,
)
from padan_events.effects import HouseholdFact
from padan_events.recipients import (
    Finding,
    FindingCarried,
    ProgrammeProposed,
    RecipientConfirmed,
    RecipientVerified,
    Resigned,
    VerificationResult,
)
from padan_events.states import State

from padan_household.domain.asked import Asked, Known
from padan_household.domain.authority import CITIZEN
from padan_household.domain.cut_off import update_month
from padan_household.domain.household import Aid, Household, Verification
from padan_household.domain.notes import sealed_note
from padan_household.domain.refusals import (
    ALREADY_CONFIRMED,
    ALREADY_DECIDED,
    ASKED_ALREADY,
    CONFIRMATION_NOT_YOURS,
    HOUSEHOLD_CLOSED,
    MONTH_NOT_CURRENT,
    NOT_A_RECIPIENT,
    NOTHING_TO_CONFIRM,
    PROGRAMME_REPEATED,
    ROUND_CLOSED,
    ROUND_NOT_OPEN,
    Refusal,
)

Facts = Sequence[HouseholdFact] | Refusal


def propose_programme(command: ProposeProgramme, known: Known, asked: Asked) -> Facts:
    """A family of the register is proposed for a programme; what is asked for already is not asked for twice."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    if command.programme in known.household.aid.programmes:
        return Refusal(PROGRAMME_REPEATED, "programme")
    return (ProgrammeProposed(**known.of, programme=command.programme, occurred_on=asked.today),)


def verify(command: VerifyRecipient, known: Known, asked: Asked) -> Facts:
    """The village answers for a recipient, while its round of the month is open."""
    household = known.household
    if household.state is not State.DETERMINED:
        return Refusal(NOT_A_RECIPIENT)
    if command.month != update_month(asked.now, None, household.regency, asked.cut_off_day)[0]:
        return Refusal(MONTH_NOT_CURRENT, "month")
    the_round = None if asked.rounds is None else asked.rounds.months.get(command.month)
    if the_round is None:
        return Refusal(ROUND_NOT_OPEN)
    if the_round.closed:
        return Refusal(ROUND_CLOSED)
    before = household.aid.verification
    if before is not None and before.month == command.month and before.ends is not None:
        return Refusal(ALREADY_CONFIRMED)
    return (
        RecipientVerified(
            **known.of,
            month=command.month,
            result=command.result,
            occurred_on=asked.today,
            reason=command.reason,
            photo=command.photo,
        ),
    )


def verify_each(command: VerifyRecipients, known: Known, asked: Asked) -> Facts:
    """As `verify`, of one of many."""
    case = asked.case
    assert isinstance(case, AnsweredCase)
    one = VerifyRecipient(
        household_id=case.household_id, month=command.month, result=case.result, reason=case.reason, photo=case.photo
    )
    return verify(one, known, asked)


def confirm(command: ConfirmRecipient | ConfirmRecipients, known: Known, asked: Asked) -> Facts:
    """The social office decides on "not entitled"; whoever gave that answer does not confirm it."""
    given = known.household.aid.verification
    if (
        known.household.closed
        or given is None
        or given.month != command.month
        or given.result is not VerificationResult.NOT_ENTITLED
    ):
        return Refusal(NOTHING_TO_CONFIRM)
    if given.ends is not None:
        return Refusal(ALREADY_CONFIRMED)
    if given.by == asked.actor:
        return Refusal(ALREADY_DECIDED)
    note = sealed_note(command.note, known, asked)
    return (RecipientConfirmed(**known.of, month=command.month, ends=command.ends, note=note),)


def resign(command: Resign, known: Known, asked: Asked) -> Facts:
    """The family asks to end it; whoever works in the village says when its head has confirmed that.

    An account of a citizen is tied to no family, so it can ask and never confirm.
    """
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    programmes = tuple(sorted(set(command.programmes)))
    if not command.confirmed_by_head:
        if known.household.aid.resignation == programmes:
            return Refusal(ASKED_ALREADY)
        return (Resigned(**known.of, programmes=programmes),)
    if asked.role == CITIZEN:
        return Refusal(CONFIRMATION_NOT_YOURS, "confirmed_by_head")
    return (Resigned(**known.of, programmes=programmes, confirmed_on=command.confirmed_on or asked.today),)


def finding_of(household: Household) -> Finding | None:
    """What the village found against a household, for the part that leaves it: parting sets no finding aside."""
    given = household.aid.verification
    if given is None or given.result is not VerificationResult.NOT_ENTITLED or given.ends is False:
        return None
    return Finding(month=given.month, by=given.by, reason=given.reason, ends=given.ends)


def carried(origin: Household, household: Household, transfer_id: UUID) -> tuple[FindingCarried, ...]:
    """What was found against the family that people come from, for the one that takes them in, whose social office
    decides on it anew: of the family as it is now nobody has. What was found against that one itself stays."""
    finding, own = finding_of(origin), household.aid.verification
    if finding is None or finding_of(household) is not None:
        return ()
    month = finding.month if own is None else max(finding.month, own.month)
    return (
        FindingCarried(
            household_id=household.id,
            regency=household.regency,
            finding=msgspec.structs.replace(finding, month=month, ends=None),
            origin=origin.id,
            transfer_id=transfer_id,
        ),
    )


def kept(finding: Finding | None) -> Aid:
    """The assistance of a household that was a part of another."""
    if finding is None:
        return Aid()
    how: dict[str, Any] = {"by": finding.by, "reason": finding.reason, "ends": finding.ends}
    return Aid(verification=Verification(month=finding.month, result=VerificationResult.NOT_ENTITLED, **how))


def _changed(change: Callable[[Aid, Any, str], dict[str, Any]]) -> Callable[[Household, Any, str], dict[str, Any]]:
    return lambda household, data, actor: {
        "aid": msgspec.structs.replace(household.aid, **change(household.aid, data, actor))
    }


def _ended(aid: Aid, data: Resigned, _: str) -> dict[str, Any]:
    if data.confirmed_on is None:
        return {"resignation": data.programmes}
    left = () if not data.programmes else tuple(one for one in aid.programmes if one not in data.programmes)
    return {"resignation": None, "programmes": left}


def _verified(_: Aid, data: RecipientVerified, actor: str) -> dict[str, Any]:
    return {"verification": Verification(month=data.month, result=data.result, by=actor, reason=data.reason)}


def _confirmed(aid: Aid, data: RecipientConfirmed, _: str) -> dict[str, Any]:
    assert aid.verification is not None
    verification = msgspec.structs.replace(aid.verification, ends=data.ends)
    # What has ended may be asked for again.
    return {"verification": verification, "programmes": ()} if data.ends else {"verification": verification}


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    ProgrammeProposed: _changed(lambda aid, data, _: {"programmes": (*aid.programmes, data.programme)}),
    RecipientVerified: _changed(_verified),
    RecipientConfirmed: _changed(_confirmed),
    Resigned: _changed(_ended),
    FindingCarried: _changed(lambda _, data, __: {"verification": kept(data.finding).verification}),
}
"""By type of event, what it changes of the assistance."""
