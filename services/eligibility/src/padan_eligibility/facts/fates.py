"""Facts of persons that payments ask for: deaths and the events that tell them, deaths that were reported and that
nobody has confirmed, and records of persons that turned out to be of one."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.corrections import IdentityLinked
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.dying import (
    DeathClaimed,
    DeathClaimLapsed,
    DeathClaimRefused,
    DeathCorrected,
    DeathReversed,
    MemberDied,
)
from padan_events.effects import Left
from padan_events.local_date import local_date
from psycopg import Connection

Fateful = (
    MemberDied
    | DeathCorrected
    | DeathReversed
    | DeathClaimed
    | DeathClaimRefused
    | DeathClaimLapsed
    | DuplicateMerged
    | Unmerged
    | IdentityLinked
)


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A report of a death; `due_on` None: it was confirmed, refused, or came to its date."""

    person_id: UUID
    household_id: UUID
    due_on: date | None
    event_id: UUID


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """The last that was told of a person's death; `died_on` None: it was taken back."""

    person_id: UUID
    household_id: UUID
    membership_seq: int
    died_on: date | None
    event_id: UUID
    type: str
    told_at: datetime


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """Whose record this one is too; `same_as` None: it is somebody's own again."""

    person_id: UUID
    household_id: UUID
    same_as: UUID | None
    membership_seq: int
    event_id: UUID
    type: str
    told_at: datetime


class Departed(msgspec.Struct, frozen=True, kw_only=True):
    """Who left a household, and when."""

    person_id: UUID
    household_id: UUID
    membership_seq: int
    left_at: datetime
    event_id: UUID


class Fates(msgspec.Struct):
    """What a batch tells of one household."""

    claims: dict[UUID, Claimed] = msgspec.field(default_factory=dict)
    dead: dict[UUID, Dead] = msgspec.field(default_factory=dict)
    aliases: dict[UUID, Alias] = msgspec.field(default_factory=dict)
    departed: list[Departed] = msgspec.field(default_factory=list)
    related: list[tuple[Event, UUID]] = msgspec.field(default_factory=list)
    """Whose record another one became, or is no more, each with the event that says so."""

    def left(self, event: Event, household_id: UUID, who: Iterable[Left]) -> None:
        """Take those into account who left."""
        for one in who:
            departed = Departed(
                person_id=one.person_id,
                household_id=household_id,
                membership_seq=one.membership_seq,
                left_at=event.time,
                event_id=event.event_id,
            )
            self.departed.append(departed)

    def hear(self, event: Event, data: Fateful) -> None:
        """Take one more event into account, in the order of the log."""
        match data:
            case MemberDied() | DeathCorrected() | DeathReversed():
                on = None if isinstance(data, DeathReversed) else data.occurred_on
                self._claim(event, data, None)
                self.dead[data.person_id] = Dead(
                    person_id=data.person_id,
                    household_id=data.household_id,
                    membership_seq=data.membership_seq,
                    died_on=on,
                    event_id=event.event_id,
                    type=event.type,
                    told_at=event.time,
                )
            case DeathClaimed():
                self._claim(event, data, local_date(data.due_at, data.regency))
            case DeathClaimRefused() | DeathClaimLapsed():
                self._claim(event, data, None)
            case DuplicateMerged() | Unmerged():
                # Both households tell it; one of them counts, so that its events are in one order for every reader.
                if data.household_id == data.duplicate_in:
                    same_as = data.person_id if isinstance(data, DuplicateMerged) else None
                    self._alias(event, data.formerly, same_as, data.membership_seq, data.household_id)
                    self.related.append((event, data.person_id))
            case IdentityLinked():
                if data.formerly is not None:
                    seq = data.member.membership_seq
                    self._alias(event, data.formerly, data.person_id, seq, data.household_id)
                    self.related.append((event, data.person_id))

    def _claim(self, event: Event, data: Any, due_on: date | None) -> None:
        self.claims[data.person_id] = Claimed(
            person_id=data.person_id, household_id=data.household_id, due_on=due_on, event_id=event.event_id
        )

    def _alias(self, event: Event, person: UUID, same_as: UUID | None, seq: int, household_id: UUID) -> None:
        self.aliases[person] = Alias(
            person_id=person,
            household_id=household_id,
            same_as=same_as,
            membership_seq=seq,
            event_id=event.event_id,
            type=event.type,
            told_at=event.time,
        )


def write(connection: Connection[Any], told: Iterable[Fates]) -> None:
    """Write what was told."""
    every = list(told)
    claims = [claim for one in every for claim in one.claims.values()]
    if claims:
        connection.execute(
            "WITH w AS (SELECT * FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, household_id uuid, "
            "due_on date, event_id uuid)), over AS (DELETE FROM death_claim c USING w WHERE w.due_on IS NULL "
            "AND (c.person_id, c.household_id) = (w.person_id, w.household_id)) "
            "INSERT INTO death_claim (person_id, household_id, due_on, event_id) "
            "SELECT person_id, household_id, due_on, event_id FROM w WHERE due_on IS NOT NULL "
            "ON CONFLICT (person_id, household_id) DO UPDATE SET due_on = excluded.due_on, "
            "event_id = excluded.event_id",
            {"rows": _json(claims)},
        )
    dead = [death for one in every for death in one.dead.values()]
    if dead:
        connection.execute(
            "INSERT INTO person_death (person_id, household_id, membership_seq, died_on, event_id, type, told_at) "
            "SELECT person_id, household_id, membership_seq, died_on, event_id, type, told_at "
            "FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, household_id uuid, membership_seq integer, "
            "died_on date, event_id uuid, type text, told_at timestamptz) "
            "ON CONFLICT (person_id, household_id) DO UPDATE SET membership_seq = excluded.membership_seq, "
            "died_on = excluded.died_on, event_id = excluded.event_id, type = excluded.type, "
            "told_at = excluded.told_at",
            {"rows": _json(dead)},
        )
    departed = [one for told_of in every for one in told_of.departed]
    if departed:
        connection.execute(
            "INSERT INTO person_departure (person_id, household_id, membership_seq, left_at, event_id) "
            "SELECT person_id, household_id, membership_seq, left_at, event_id "
            "FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, household_id uuid, membership_seq integer, "
            "left_at timestamptz, event_id uuid) ON CONFLICT DO NOTHING",
            {"rows": _json(departed)},
        )
    aliases = {}
    for alias in sorted((a for one in every for a in one.aliases.values()), key=lambda one: one.membership_seq):
        aliases[alias.person_id] = alias
    if aliases:
        connection.execute(
            "INSERT INTO person_alias AS f (person_id, household_id, same_as, membership_seq, event_id, type, told_at) "
            "SELECT person_id, household_id, same_as, membership_seq, event_id, type, told_at "
            "FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, household_id uuid, same_as uuid, "
            "membership_seq integer, event_id uuid, type text, told_at timestamptz) ORDER BY person_id "
            "ON CONFLICT (person_id) DO UPDATE SET household_id = excluded.household_id, "
            "same_as = excluded.same_as, membership_seq = excluded.membership_seq, event_id = excluded.event_id, "
            "type = excluded.type, told_at = excluded.told_at WHERE f.membership_seq < excluded.membership_seq",
            {"rows": _json(aliases.values())},
        )


def _json(rows: Iterable[object]) -> str:
    return msgspec.json.encode(list(rows)).decode()
