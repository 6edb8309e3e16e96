"""Matches go to household, each once, sealed under the key of the day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from padan_events import encode, shard_of, type_of
from padan_events.intake import MatchReported, Origin
from padan_events.reviews import RegisterMatch
from padan_runtime.log import Entry
from padan_runtime.sealing import seal
from psycopg import Connection

from padan_registry_ingest.life_events.repository import Person
from padan_registry_ingest.register_matches import repository

_TYPE: Final = type_of(MatchReported)
_DAYS: Final = UUID("6a4b6e0e-2b7d-5f0e-9a49-1f0f7b7f6d10")


class Teller(msgspec.Struct, frozen=True):
    """Who told of matches, for which part of the country they act, how (list, batch), and the key of the day."""

    actor: str
    region: str
    source: str
    key_id: str
    key: bytes


class Found(msgspec.Struct, frozen=True):
    """A match of a person of the register, and the id of its report."""

    report_id: UUID
    person: Person
    match: RegisterMatch
    matched_on: date


def report(connection: Connection[Any], found: Sequence[Found], teller: Teller) -> list[Entry]:
    """The events of the matches that were never reported, to be appended in the surrounding transaction."""
    by_report = {one.report_id: one for one in found}
    numbers = repository.note(
        connection, teller.source, {name: one.person.household_id for name, one in by_report.items()}
    )
    batch_id = uuid5(_DAYS, f"{datetime.now(UTC):%Y-%m-%d}")
    return [_entry(by_report[name], name, Origin(batch_id, numbers[name]), teller) for name in sorted(numbers)]


def _entry(one: Found, name: UUID, origin: Origin, teller: Teller) -> Entry:
    key = str(one.person.household_id)
    data = MatchReported(
        household_id=one.person.household_id,
        person_id=one.person.person_id,
        matched_on=one.matched_on,
        origin=origin,
        key_id=teller.key_id,
        sealed=seal(teller.key, one.match, subject=name, event_id=name),
        region=teller.region,
    )
    return Entry(
        topic=_TYPE.topic.name,
        shard=shard_of(key),
        key=key,
        event_id=name,
        type=_TYPE.name,
        value=encode(data),
        actor=teller.actor,
        correlation_id=name,
    )
