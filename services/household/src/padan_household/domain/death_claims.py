"""A death that an operator reports: it holds once the social office confirms it, and lapses after 30 days."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from padan_events.commands.dying import ConfirmDeath, RefuseDeathReport, ReportDeath
from padan_events.dying import (
    DeathClaimed,
    DeathClaimLapsed,
    DeathClaimRefused,
    DeathReversed,
    MemberDied,
    ToldBy,
)
from padan_events.effects import HouseholdFact
from padan_events.personal import Note

from padan_household.domain import dying
from padan_household.domain.asked import Asked, Known
from padan_household.domain.household import Claimed, Household
from padan_household.domain.refusals import (
    ALREADY_DEAD,
    DATE_BEFORE_BIRTH,
    DATE_IN_FUTURE,
    DEATH_ALREADY_REPORTED,
    DEATH_NOT_REPORTED,
    EVIDENCE_MISSING,
    HOUSEHOLD_CLOSED,
    MEMBER_UNKNOWN,
    OWN_REPORT,
    Refusal,
)

HELD_FOR: Final = timedelta(days=30)
"""How long payments are held for a death that nobody has confirmed (default)."""

Facts = Sequence[HouseholdFact] | Refusal


def report(command: ReportDeath, known: Known, asked: Asked) -> Facts:
    """An operator reports a death."""
    household, person_id = known.household, command.person_id
    refusal = _unfounded(household, person_id)
    if refusal is None:
        refusal = _impossible(household, person_id, command.occurred_on, asked)
    if refusal is None and not command.photos and command.note is None:
        refusal = Refusal(EVIDENCE_MISSING, "photos")
    if refusal is not None:
        return refusal
    return (
        DeathClaimed(
            **_of(household, person_id),
            occurred_on=command.occurred_on,
            due_at=asked.now + HELD_FOR,
            photos=command.photos,
            note=_note(command.note, household, asked),
        ),
    )


def _unfounded(household: Household, person_id: UUID) -> Refusal | None:
    """Why nobody can report this person's death now."""
    member = household.members.get(person_id)
    if household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    if member is None:
        return Refusal(MEMBER_UNKNOWN, "person_id")
    if member.died_on is not None:
        return Refusal(ALREADY_DEAD, "person_id")
    return Refusal(DEATH_ALREADY_REPORTED, "person_id") if person_id in household.death_claims else None


def _impossible(household: Household, person_id: UUID, on: date, asked: Asked) -> Refusal | None:
    """Why nobody can have died on this date."""
    if on > asked.today:
        return Refusal(DATE_IN_FUTURE, "occurred_on")
    born = household.members[person_id].birth_year
    return Refusal(DATE_BEFORE_BIRTH, "occurred_on") if born is not None and on.year < born else None


def confirm(command: ConfirmDeath, known: Known, asked: Asked) -> Facts:
    """The social office confirms it: from now on it is as if the civil registry had told."""
    claimed = known.household.death_claims.get(command.person_id)
    if claimed is None:
        return Refusal(DEATH_NOT_REPORTED, "person_id")
    if claimed.by == asked.actor:
        return Refusal(OWN_REPORT)
    on = command.occurred_on or claimed.occurred_on
    refusal = _impossible(known.household, command.person_id, on, asked)
    if refusal is not None:
        return refusal
    return dying.died(known, command.person_id, on, ToldBy.OPERATOR, asked.today)


def refuse(command: RefuseDeathReport, known: Known, asked: Asked) -> Facts:
    """The social office refuses it."""
    household = known.household
    if command.person_id not in household.death_claims:
        return Refusal(DEATH_NOT_REPORTED, "person_id")
    return (
        DeathClaimRefused(
            **_of(household, command.person_id), note=_note(command.note, household, asked)
        ),
    )  # fmt: skip


def next_due(household: Household) -> datetime | None:
    """When the next report lapses."""
    return min((one.due_at for one in household.death_claims.values()), default=None)


def overdue(household: Household) -> Sequence[HouseholdFact]:
    """What becomes of the reports that lapse next."""
    due = next_due(household)
    return [
        DeathClaimLapsed(**_of(household, person))
        for person, one in household.death_claims.items()
        if one.due_at == due
    ]


def _of(household: Household, person_id: UUID) -> dict[str, Any]:
    return {
        "household_id": household.id,
        "regency": household.regency,
        "person_id": person_id,
        "membership_seq": household.members[person_id].membership_seq,
    }


def _note(text: str | None, household: Household, asked: Asked) -> bytes | None:
    if text is None:
        return None
    return asked.seal(household.id, household.id, "identity", Note(text), household.next_event_id())


def _claimed(household: Household, data: DeathClaimed, actor: str) -> dict[str, Any]:
    claimed = Claimed(occurred_on=data.occurred_on, due_at=data.due_at, by=actor)
    return {"death_claims": {**household.death_claims, data.person_id: claimed}}


def _settled(household: Household, data: Any, _: str) -> dict[str, Any]:
    left = {person: one for person, one in household.death_claims.items() if person != data.person_id}
    return {"death_claims": left}


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    DeathClaimed: _claimed,
    DeathClaimRefused: _settled,
    DeathClaimLapsed: _settled,
    MemberDied: _settled,
    DeathReversed: _settled,
}
"""By type of event, what it changes of the reports that stand open."""
