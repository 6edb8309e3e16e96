"""Needs: opened, kept until they are met, and read as policies ask for them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.effects import NOBODY
from padan_events.need_kinds import NeedKind
from padan_events.needs import Need, NeedOutcome
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed
from psycopg import Connection

from padan_eligibility.facts.folding import Change

_HOLDERS: Final = (
    "WITH RECURSIVE now (origin, person_id) AS (SELECT p, p FROM unnest(%b::uuid[]) p UNION "
    "SELECT n.origin, a.same_as FROM now n JOIN person_alias a USING (person_id) WHERE a.same_as IS NOT NULL) "
    "SELECT n.origin, p.household_id FROM now n JOIN person_fact p USING (person_id) WHERE p.household_id <> %b"
)
"""Who holds persons, each by the record that stays where several are of one."""


class NeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A need as it was recorded; `person_id` None: of the household."""

    need_id: UUID
    household_id: UUID
    person_id: UUID | None
    kind: NeedKind


def subjects(change: Change) -> Iterable[UUID]:
    """Under whose keys its needs are sealed."""
    return (one.data.person_id or change.household_id for one in change.needs)


def open_needs(change: Change, keys: Mapping[UUID, SubjectKeys]) -> list[NeedRow]:
    """The needs with their kinds. Of one whose key was destroyed nothing is known, and nothing kept.

    Raises `SealError` where a key is there and does not fit, `KeyUnknownError` for a person the keyring does not know.
    """
    rows = []
    for one in change.needs:
        subject = one.data.person_id or change.household_id
        key = keys_of(keys, subject).sensitive
        if key is not None:
            need = open_sealed(key, one.data.need, Need, subject=subject, event_id=one.event.event_id)
            rows.append(
                NeedRow(
                    need_id=one.event.event_id,
                    household_id=change.household_id,
                    person_id=one.data.person_id,
                    kind=need.kind,
                )
            )
    return rows


def write(connection: Connection[Any], changes: Iterable[Change], opened: Iterable[NeedRow]) -> None:
    """Write what was recorded and what was done about it; the households' rows are held."""
    rows = list(opened)
    if rows:
        connection.execute(
            "INSERT INTO need_fact (need_id, household_id, person_id, kind) "
            "SELECT need_id, household_id, person_id, kind FROM json_to_recordset(%s::json) "
            "AS w (need_id uuid, household_id uuid, person_id uuid, kind text) ORDER BY need_id ON CONFLICT DO NOTHING",
            [msgspec.json.encode(rows).decode()],
        )
    done = {data.need_id: data.outcome is NeedOutcome.MET for change in changes for _, data in change.helped}
    if done:
        connection.execute(
            "UPDATE need_fact n SET met = w.met FROM unnest(%s::uuid[], %s::boolean[]) AS w (need_id, met) "
            "WHERE n.need_id = w.need_id",
            [list(done), list(done.values())],
        )


def elsewhere(connection: Connection[Any], changes: Iterable[Change]) -> list[tuple[UUID, Event]]:
    """Households that hold a person of whose needs the events of another one tell, each with such an event: who moved
    takes their needs along, and of whom two records were merged has the needs of both."""
    every = list(changes)
    about: list[tuple[UUID, UUID, Event]] = [
        (person_id, change.household_id, event) for change in every for event, person_id in change.fates.related
    ]
    told = {one.event.event_id: (change.household_id, one.event) for change in every for one in change.needs}
    told |= {data.need_id: (change.household_id, event) for change in every for event, data in change.helped}
    if told:
        persons = connection.execute(
            "SELECT need_id, person_id FROM need_fact WHERE need_id = ANY(%b) AND person_id IS NOT NULL ORDER BY 1",
            [list(told)],
            binary=True,
        )
        about += [(person_id, *told[need_id]) for need_id, person_id in persons]
    if not about:
        return []
    holders: dict[UUID, set[UUID]] = {}
    for person_id, holder in connection.execute(_HOLDERS, [list({one[0] for one in about}), NOBODY], binary=True):
        holders.setdefault(person_id, set()).add(holder)
    return [
        (holder, event)
        for person_id, household_id, event in about
        for holder in sorted(holders.get(person_id, ()))
        if holder != household_id
    ]


def of_persons(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, tuple[NeedKind, ...]]:
    """The needs that are not met, by member of these households; of whom there were several records, those of all."""
    rows = connection.execute(
        "WITH RECURSIVE same (member, person_id) AS (SELECT person_id, person_id FROM person_fact "
        "WHERE household_id = ANY(%b) UNION "
        "SELECT s.member, a.person_id FROM same s JOIN person_alias a ON a.same_as = s.person_id) "
        "SELECT s.member, array_agg(DISTINCT n.kind ORDER BY n.kind) FROM same s JOIN need_fact n "
        "ON n.person_id = s.person_id AND NOT n.met GROUP BY 1",
        [household_ids],
        binary=True,
    )
    return {person_id: tuple(map(NeedKind, kinds)) for person_id, kinds in rows}


def of_households(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, tuple[NeedKind, ...]]:
    """The same, of the households themselves."""
    rows = connection.execute(
        "SELECT household_id, array_agg(DISTINCT kind ORDER BY kind) FROM need_fact "
        "WHERE household_id = ANY(%b) AND person_id IS NULL AND NOT met GROUP BY 1",
        [household_ids],
        binary=True,
    )
    return {household_id: tuple(map(NeedKind, kinds)) for household_id, kinds in rows}
