"""Rebuilding facts and standing decisions. Facts come from household's events; what was decided comes from this
service's own log: a rebuild takes no decision, and so emits none."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.eligibility import Decided
from padan_events.personal import Explanation
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime.keys import KeyClient
from padan_runtime.rebuild.view import Table, View
from padan_runtime.sealing import open_sealed
from psycopg import Connection

from padan_eligibility.domain.decision import digest_of_recorded
from padan_eligibility.facts import fates, needs, repository, standing, told, turns
from padan_eligibility.facts.deciding import KeyMissingError
from padan_eligibility.facts.folding import Member
from padan_eligibility.facts.handler import READER, opened_batch
from padan_eligibility.facts.needs import NeedRow
from padan_eligibility.facts.standing import Standing
from padan_eligibility.places import repository as places


class _Rows(msgspec.Struct):
    """What a batch comes to."""

    changes: Sequence[Any]
    members: Sequence[Member]
    needs: Sequence[NeedRow]
    standing: Sequence[Standing]


class FactsRebuilder:
    """See `padan_runtime.rebuild.view.Rebuilder`."""

    def __init__(self, keys: KeyClient) -> None:
        self._keys = keys

    async def prepare(self, events: Sequence[Event], /) -> _Rows:
        """Fold and open. Raises `Unavailable`, `SealError`, `KeyMissingError`, and decoding errors."""
        decided = [event for event in events if event.topic == ELIGIBILITY_EVENTS.name]
        prepared = await opened_batch(self._keys, [event for event in events if event.topic != ELIGIBILITY_EVENTS.name])
        rows = _Rows(list(prepared.changes.values()), prepared.members, prepared.needs, await self._standing(decided))
        self._keys.forget(prepared.changes)
        return rows

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: _Rows, /) -> None:
        """Write the rows."""
        del events
        repository.write_households(connection, prepared.changes)
        repository.write_persons(connection, prepared.members, prepared.changes)
        needs.write(connection, prepared.changes, prepared.needs)
        turns.write(connection, prepared.changes)
        fates.write(connection, [change.fates for change in prepared.changes])
        told.write(connection, {change.household_id: change.told for change in prepared.changes})
        if prepared.standing:
            standing.write_standing(connection, prepared.standing)

    async def _standing(self, events: Sequence[Event]) -> list[Standing]:
        last: dict[tuple[UUID, str], tuple[Event, Decided]] = {}
        for event in events:
            data = decode(event.type, event.value)
            if isinstance(data, Decided):
                last[data.household_id, data.programme] = (event, data)
        households = {household_id for household_id, _ in last}
        held = await self._keys.of(households)
        self._keys.forget(households)
        standing = []
        for event, data in last.values():
            key = held[data.household_id].get(data.household_id)
            if key is None or key.sensitive is None:
                raise KeyMissingError(str(data.household_id))
            explanation = open_sealed(
                key.sensitive, data.explanation, Explanation, subject=data.household_id, event_id=event.event_id
            )
            standing.append(
                Standing(
                    household_id=data.household_id,
                    programme=data.programme,
                    outcome=data.outcome,
                    policy_version=data.policy_version,
                    digest=digest_of_recorded(data, explanation),
                    decision_id=event.event_id,
                    next_change_on=explanation.next_change_on,
                    as_of=data.as_of,
                )
            )
        return standing


def view(keys: KeyClient) -> View:
    """The projection `eligibility.facts`."""
    return View(
        name=READER,
        reader=READER,
        topics=(HOUSEHOLD_EVENTS,),
        own_logs=(ELIGIBILITY_EVENTS,),
        tables=(
            Table(name="household_fact", key=("household_id",)),
            Table(name="person_fact", key=("person_id",)),
            Table(name="need_fact", key=("need_id",)),
            Table(name="household_turn", key=("household_id", "pos")),
            Table(name="death_claim", key=("person_id", "household_id")),
            Table(name="person_death", key=("person_id", "household_id")),
            Table(name="person_alias", key=("person_id",)),
            Table(name="person_departure", key=("person_id", "household_id", "membership_seq")),
            Table(name="decision_current", key=("household_id", "programme")),
        ),
        rebuilder=FactsRebuilder(keys),
        hold=partial(places.hold_redeciding, alone=True),
    )
