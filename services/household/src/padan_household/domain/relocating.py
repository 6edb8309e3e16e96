"""A whole family moves: within its regency at once, to another one with release and acceptance. Until it is accepted
the origin holds record and place; household, members and their standing go along. Source: docs/domain.md, Deadlines.

Who dies meanwhile stays with the record, which moves on with the living; a household that leaves the register moves no
more. Families do not part or join while a move is open.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from padan_events.commands.relocations import (
    AcceptRelocation,
    Address,
    CancelRelocation,
    ObjectRelocation,
    RefuseRelocation,
    ReleaseRelocation,
    RelocateHousehold,
    RequestRelocation,
)
from padan_events.effects import HouseholdFact
from padan_events.local_date import local_date
from padan_events.personal import HouseholdIdentity, Note
from padan_events.relocations import (
    ACCEPTED_WITHIN,
    RelocationAccepted,
    RelocationCancelled,
    RelocationExpired,
    RelocationRefused,
    RelocationReleased,
    RelocationRequested,
)

from padan_household.domain import registry_moves
from padan_household.domain.asked import Asked, Known
from padan_household.domain.authority import acts_in
from padan_household.domain.household import Household, MoveStage, Relocation, Sealed
from padan_household.domain.refusals import (
    HOUSEHOLD_CLOSED,
    HOUSEHOLD_ERASED,
    MOVE_OPEN,
    NO_MOVE_OPEN,
    NOT_RELEASED,
    OBJECTION_LATE,
    OTHER_REGENCY,
    SAME_PLACE,
    SAME_REGENCY,
    Refusal,
)
from padan_household.domain.sealed import Seal

OBJECTED_WITHIN: Final = timedelta(days=14)
"""How long the destination may object to a move within the regency (default)."""

Facts = Sequence[HouseholdFact] | Refusal


def relocate(command: RelocateHousehold, known: Known, asked: Asked) -> Facts:
    """A move within the regency holds at once. The family card stays, unless there is a new one."""
    household, home = known.household, known.home
    if home is None:
        return Refusal(HOUSEHOLD_ERASED)
    refusal = _may_move(known)
    if refusal is not None:
        return refusal
    if command.to.village[:4] != household.regency:
        return Refusal(OTHER_REGENCY, "to.village")
    place = _place(command.to, home, asked)
    if place == home:
        return Refusal(SAME_PLACE, "to")
    elsewhere = place.village != home.village
    return (
        RelocationAccepted(
            **_of(household),
            identity=asked.seal(household.id, household.id, "identity", place, household.next_event_id()),
            from_regency=household.regency,
            occurred_on=asked.today,
            objection_until=asked.now + OBJECTED_WITHIN if elsewhere else None,
        ),
    )


def object_to(command: ObjectRelocation, known: Known, asked: Asked) -> Facts:
    """The destination objects: the family is back where it was, with its card as that has been corrected since."""
    household, move = known.household, known.household.relocation
    if household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    if move is None or move.stage is not MoveStage.SETTLED:
        return Refusal(NO_MOVE_OPEN)
    place = known.elsewhere
    if place is None or known.home is None:
        return Refusal(HOUSEHOLD_ERASED)
    if move.card_corrected:
        place = _with_card_of(known.home, place)
    if asked.now > move.due_at:
        return Refusal(OBJECTION_LATE)
    event_id = household.next_event_id()
    return (
        RelocationRefused(
            **_of(household),
            reason=command.reason,
            identity=asked.seal(household.id, household.id, "identity", place, event_id),
            note=_note(command.note, known, asked),
        ),
    )


def request(command: RequestRelocation, known: Known, asked: Asked) -> Facts:
    """A move to another regency begins with the origin."""
    household, home = known.household, known.home
    if home is None:
        return Refusal(HOUSEHOLD_ERASED)
    refusal = _may_move(known)
    if refusal is not None:
        return refusal
    to_regency = command.to.village[:4]
    if to_regency == household.regency:
        return Refusal(SAME_REGENCY, "to.village")
    # Without a new card it is that of the day on which they arrive: until then it may be corrected.
    place = _place(command.to, msgspec.structs.replace(home, family_card_number=None, family_card_hash=None), asked)
    return (
        RelocationRequested(
            **_of(household),
            to_regency=to_regency,
            destination=asked.seal(household.id, household.id, "identity", place, household.next_event_id()),
            due_at=asked.now + ACCEPTED_WITHIN,
            occurred_on=asked.today,
        ),
    )


def release(_: ReleaseRelocation, known: Known, asked: Asked) -> Facts:
    """The origin's office lets the family go."""
    move = _open_move(known)
    if isinstance(move, Refusal):
        return move
    if move.stage is not MoveStage.REQUESTED:
        return Refusal(NO_MOVE_OPEN)
    return (RelocationReleased(**_of(known.household), due_at=asked.now + ACCEPTED_WITHIN),)


def accept(command: AcceptRelocation, known: Known, asked: Asked) -> Facts:
    """The destination takes the family in."""
    household, move = known.household, _open_move(known)
    if isinstance(move, Refusal):
        return move
    if move.stage is not MoveStage.RELEASED:
        return Refusal(NOT_RELEASED)
    place = known.elsewhere
    if place is None:
        return Refusal(HOUSEHOLD_ERASED)
    if command.family_card_number is not None:
        place = _with_card(place, command.family_card_number, asked)
    return (
        RelocationAccepted(
            household_id=household.id,
            regency=move.to_regency,
            identity=asked.seal(household.id, household.id, "identity", place, household.next_event_id()),
            from_regency=household.regency,
            occurred_on=asked.today,
        ),
    )


def refuse(command: RefuseRelocation, known: Known, asked: Asked) -> Facts:
    """The destination does not take the family in: it stays where it is."""
    move = _open_move(known)
    if isinstance(move, Refusal):
        return move
    return (
        RelocationRefused(**_of(known.household), reason=command.reason, note=_note(command.note, known, asked)),
    )  # fmt: skip


def cancel(_: CancelRelocation, known: Known, __: Asked) -> Facts:
    """The origin takes the request back."""
    move = _open_move(known)
    return move if isinstance(move, Refusal) else (RelocationCancelled(**_of(known.household)),)


def overdue(known: Known, seal: Seal) -> Sequence[HouseholdFact]:
    """Nobody decided in time. Where the origin let the family go and the civil registry shows the new address, the
    destination's silence takes them in; else they stay with the origin."""
    household, move, place = known.household, known.household.relocation, known.elsewhere
    assert move is not None
    if move.stage is not MoveStage.RELEASED or place is None or not registry_moves.shows(known, place.village):
        return (RelocationExpired(**_of(household)),)
    return (
        RelocationAccepted(
            household_id=household.id,
            regency=move.to_regency,
            identity=seal(household.id, household.id, "identity", place, household.next_event_id()),
            from_regency=household.regency,
            occurred_on=local_date(move.due_at, move.to_regency),
            silent=True,
        ),
    )


def at_destination(_: Any, known: Known, asked: Asked) -> Refusal | None:
    """Whether the sender acts where the family wants to live; of others it is not said whether they move."""
    place = known.elsewhere if known.household.move_open else known.home
    return None if place is None else acts_in(asked.region, place.village)


def destination(household: Household, place: HouseholdIdentity, home: HouseholdIdentity | None) -> HouseholdIdentity:
    """The place of a move; of one that is open, with the family card that goes along where none was told with it."""
    if home is None or not household.move_open or place.family_card_number is not None:
        return place
    return _with_card_of(home, place)


def _may_move(known: Known) -> Refusal | None:
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    return Refusal(MOVE_OPEN) if known.household.move_open else None


def _open_move(known: Known) -> Relocation | Refusal:
    household = known.household
    if household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    if household.relocation is None or not household.move_open:
        return Refusal(NO_MOVE_OPEN)
    return household.relocation


def _place(to: Address, home: HouseholdIdentity, asked: Asked) -> HouseholdIdentity:
    place = msgspec.structs.replace(home, village=to.village, address=to.address, rt=to.rt, rw=to.rw)
    return place if to.family_card_number is None else _with_card(place, to.family_card_number, asked)


def _with_card(place: HouseholdIdentity, card: str, asked: Asked) -> HouseholdIdentity:
    return msgspec.structs.replace(
        place, family_card_number=card, family_card_hash=asked.nik_hash("kk:" + card).hex()
    )  # fmt: skip


def _with_card_of(home: HouseholdIdentity, place: HouseholdIdentity) -> HouseholdIdentity:
    card, card_hash = home.family_card_number, home.family_card_hash
    return msgspec.structs.replace(place, family_card_number=card, family_card_hash=card_hash)


def _of(household: Household) -> dict[str, Any]:
    return {"household_id": household.id, "regency": household.regency}


def _note(text: str | None, known: Known, asked: Asked) -> bytes | None:
    household = known.household
    if text is None:
        return None
    return asked.seal(household.id, household.id, "identity", Note(text), household.next_event_id())


def _requested(household: Household, data: RelocationRequested, _: str) -> dict[str, Any]:
    move = Relocation(
        stage=MoveStage.REQUESTED,
        place=Sealed(data.destination, household.next_event_id()),
        to_regency=data.to_regency,
        due_at=data.due_at,
    )
    return {"relocation": move}


def _released(household: Household, data: RelocationReleased, _: str) -> dict[str, Any]:
    assert household.relocation is not None
    return {
        "relocation": msgspec.structs.replace(household.relocation, stage=MoveStage.RELEASED, due_at=data.due_at)
    }  # fmt: skip


def _accepted(household: Household, data: RelocationAccepted, _: str) -> dict[str, Any]:
    # The place on the map is that of the home before: photos of the new one are not held against it.
    visited = msgspec.structs.replace(household.field, geotag=None)
    if data.objection_until is None:
        return {"relocation": None, "field": visited}
    settled = Relocation(
        stage=MoveStage.SETTLED, place=household.identity, to_regency=data.regency, due_at=data.objection_until
    )
    return {"relocation": settled, "field": visited}


def _ended(_: Household, __: Any, ___: str) -> dict[str, Any]:
    return {"relocation": None}


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    RelocationRequested: _requested,
    RelocationReleased: _released,
    RelocationAccepted: _accepted,
    RelocationRefused: _ended,
    RelocationCancelled: _ended,
    RelocationExpired: _ended,
}
"""By type of event, what it changes of the move."""
