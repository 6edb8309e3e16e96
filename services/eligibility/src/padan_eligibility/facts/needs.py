"""Needs: opened, kept until they are met, and read as policies ask for them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.need_kinds import NeedKind
from padan_events.needs import Need, NeedOutcome
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed
from psycopg import Connection

from padan_eligibility.facts.folding import Change


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
    takes their needs along."""
    told = {one.event.event_id: (change.household_id, one.event) for change in changes for one in change.needs}
    told |= {data.need_id: (change.household_id, event) for change in changes for event, data in change.helped}
    if not told:
        return []
    rows = connection.execute(
        "SELECT n.need_id, p.household_id FROM need_fact n JOIN person_fact p USING (person_id) "
        "WHERE n.need_id = ANY(%b) ORDER BY 1",
        [list(told)],
        binary=True,
    )
    return [(holder, told[need_id][1]) for need_id, holder in rows if holder != told[need_id][0]]


def of_persons(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, tuple[NeedKind, ...]]:
    """The needs that are not met, by member of these households."""
    rows = connection.execute(
        "SELECT n.person_id, array_agg(DISTINCT n.kind ORDER BY n.kind) FROM person_fact p JOIN need_fact n "
        "ON n.person_id = p.person_id AND NOT n.met WHERE p.household_id = ANY(%b) GROUP BY 1",
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
