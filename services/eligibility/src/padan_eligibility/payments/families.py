"""SQL of what payments ask of the facts: how families stand, who died, whose place has ended and why."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from padan_events.payments import Exclusion
from padan_events.places import ReleaseReason
from padan_events.states import CLOSED
from padan_events.tiers import DeactivateReason
from psycopg import Connection

from padan_eligibility.domain.holding import Claim, Family
from padan_eligibility.domain.payments import Line
from padan_eligibility.domain.recovering import Death, Fates
from padan_eligibility.payments import lines

_CLOSED: Final = [state.value for state in CLOSED]
_RELEASED: Final = {
    ReleaseReason.FOUND_NOT_ENTITLED.value: Exclusion.REGIONALLY_INELIGIBLE,
    ReleaseReason.REVIEW_FOUNDED.value: Exclusion.OCCUPATION,
}
"""By why a place was released; for any other reason it ended."""
Why = tuple[Exclusion, tuple[UUID, ...]]
"""Why a line is excluded, and the events that say so."""


def caretakers(connection: Connection[Any], household_ids: Sequence[UUID]) -> set[UUID]:
    """Who cares for these families."""
    rows = connection.execute(
        "SELECT caretaker FROM household_fact WHERE household_id = ANY(%b)", [household_ids], binary=True
    )
    return {caretaker for (caretaker,) in rows}


def standing(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, Family]:
    """How families stand as to their caretakers and deaths that were reported."""
    claims: dict[UUID, tuple[Claim, ...]] = {}
    for household_id, due_on, event_id in connection.execute(
        "SELECT c.household_id, c.due_on, c.event_id FROM death_claim c JOIN person_fact p "
        "ON (p.person_id, p.household_id) = (c.person_id, c.household_id) AND p.died_on IS NULL "
        "WHERE c.household_id = ANY(%b)",
        [household_ids],
        binary=True,
    ):
        claims[household_id] = (*claims.get(household_id, ()), Claim(due_on, event_id))
    dead: dict[UUID, dict[UUID, UUID | None]] = {}
    for household_id, person_id, event_id in connection.execute(
        "SELECT p.household_id, p.person_id, d.event_id FROM person_fact p LEFT JOIN person_death d "
        "ON (d.person_id, d.household_id) = (p.person_id, p.household_id) AND d.died_on IS NOT NULL "
        "WHERE p.household_id = ANY(%b) AND p.died_on IS NOT NULL",
        [household_ids],
        binary=True,
    ):
        dead.setdefault(household_id, {})[person_id] = event_id
    rows = connection.execute(
        "SELECT h.household_id, h.caretaker, coalesce(p.household_id = h.household_id AND p.died_on IS NULL, false) "
        "FROM household_fact h LEFT JOIN person_fact p ON p.person_id = h.caretaker WHERE h.household_id = ANY(%b)",
        [household_ids],
        binary=True,
    )
    return {
        household_id: Family(
            caretaker=caretaker,
            cared_for=cared_for,
            dead=dead.get(household_id, {}),
            claims=claims.get(household_id, ()),
        )
        for household_id, caretaker, cared_for in rows
    }


def fates(connection: Connection[Any], found: Sequence[Line]) -> Fates:
    """Who of the recipients died, and of which families nobody lives: those whose caretaker stays among their dead, or
    that left the register for that, for of a family that was merged into another only those who had died before are
    left."""
    recipients = sorted({line.recipient for line in found})
    same = lines.same_persons(connection, recipients)
    people: dict[UUID, Death] = {}
    for person_id, on, event_id in connection.execute(
        "SELECT p.person_id, p.died_on, d.event_id FROM person_fact p LEFT JOIN person_death d "
        "ON (d.person_id, d.household_id) = (p.person_id, p.household_id) AND d.died_on IS NOT NULL "
        "WHERE p.person_id = ANY(%b) AND p.died_on IS NOT NULL",
        [sorted({*recipients, *same.roots})],
        binary=True,
    ):
        people[person_id] = Death(on, event_id)
    for person in recipients:
        others = [people[one] for one, root in same.roots.items() if root == same.root(person) and one in people]
        if others and person not in people:
            people[person] = min(others, key=lambda one: (one.on, str(one.event_id)))
    households: dict[UUID, Death] = {}
    for household_id, on, event_id in connection.execute(
        "SELECT DISTINCT ON (h.household_id) h.household_id, p.died_on, d.event_id FROM household_fact h "
        "LEFT JOIN person_fact c ON c.person_id = h.caretaker AND c.household_id = h.household_id "
        "LEFT JOIN LATERAL (SELECT reason FROM household_turn t WHERE t.household_id = h.household_id "
        "AND t.kind = 'left' ORDER BY t.pos DESC LIMIT 1) t ON true "
        "JOIN person_fact p ON p.household_id = h.household_id "
        "LEFT JOIN person_death d ON (d.person_id, d.household_id) = (p.person_id, p.household_id) "
        "AND d.died_on IS NOT NULL WHERE h.household_id = ANY(%(ids)b) AND p.died_on IS NOT NULL "
        "AND (c.person_id IS NOT NULL OR t.reason = %(died)s) AND NOT EXISTS (SELECT FROM person_fact a "
        "WHERE a.household_id = h.household_id AND a.died_on IS NULL) "
        "ORDER BY h.household_id, p.died_on DESC, p.person_id",
        {
            "ids": sorted({line.household_id for line in found}),
            "died": DeactivateReason.LAST_MEMBER_DIED.value,
        },
        binary=True,
    ):
        households[household_id] = Death(on, event_id)
    return Fates(persons=people, households=households)


def excluded(connection: Connection[Any], programme: str, household_ids: Sequence[UUID]) -> dict[UUID, Why]:
    """Which of these families are gone, hold no place in a programme any more, or have a founded review against a
    member who lives with them; and the events that say so."""
    found: dict[UUID, Why] = {}
    rows = connection.execute(
        "SELECT h.household_id, h.state = ANY(%(closed)s), t.reason, t.event_id, r.reason, r.event_id, "
        "EXISTS (SELECT FROM place p WHERE p.household_id = h.household_id AND p.programme = %(programme)s "
        "AND p.held), "
        "b.event_id, EXISTS (SELECT FROM barred_household x WHERE x.household_id = h.household_id), "
        # Who has left and is not dead leaves a family of nobody too, before the event is read that ends it.
        "EXISTS (SELECT FROM person_fact c WHERE c.person_id = h.caretaker AND c.household_id = h.household_id) "
        "AND NOT EXISTS (SELECT FROM person_fact a WHERE a.household_id = h.household_id AND a.died_on IS NULL) "
        "FROM household_fact h "
        "LEFT JOIN LATERAL (SELECT reason, event_id FROM household_turn t WHERE t.household_id = h.household_id "
        "AND t.kind = 'left' ORDER BY t.pos DESC LIMIT 1) t ON true "
        "LEFT JOIN LATERAL (SELECT convert_from(value, 'UTF8')::json ->> 'reason' AS reason, event_id "
        "FROM log_eligibility_events_v1 l WHERE l.key = h.household_id::text "
        "AND l.type IN ('id.padan.eligibility.place_awarded.v1', 'id.padan.eligibility.promoted.v1', "
        "'id.padan.eligibility.place_released.v1') AND l.type = 'id.padan.eligibility.place_released.v1' "
        "AND convert_from(value, 'UTF8')::json ->> 'programme' = %(programme)s ORDER BY l.pos DESC LIMIT 1) r ON true "
        "LEFT JOIN LATERAL (SELECT event_id FROM log_eligibility_events_v1 l WHERE l.key = h.household_id::text "
        "AND l.type IN ('id.padan.eligibility.review_opened.v1', 'id.padan.eligibility.review_closed.v1') "
        "AND convert_from(value, 'UTF8')::json ->> 'outcome' = 'founded' ORDER BY l.pos DESC LIMIT 1) b ON true "
        "WHERE h.household_id = ANY(%(ids)b)",
        {"closed": _CLOSED, "programme": programme, "ids": household_ids},
        binary=True,
    )
    for household_id, closed, left_for, left, release, released, holds, review, barred, nobody_lives in rows:
        gone = _proof(left if closed else None, released)
        if (closed and left_for == DeactivateReason.LAST_MEMBER_DIED.value) or (nobody_lives and not closed):
            found[household_id] = (Exclusion.DECEASED, gone)
        elif barred:
            found[household_id] = (Exclusion.OCCUPATION, _proof(review))
        elif closed or not holds:
            found[household_id] = (_RELEASED.get(release or "", Exclusion.PLACE_ENDED), gone)
    return found


def _proof(*events: UUID | None) -> tuple[UUID, ...]:
    return tuple(one for one in events if one is not None)
