"""Reports from outside (registry.intake.v1) and what became of them (household.outcomes.v1)."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import INTAKE, OUTCOMES

HouseholdId = Annotated[UUID, told("The household; also the record's key.", "pseudonym")]
Regency = Annotated[str, told("Regency or city of the household: the 4-digit Kemendagri code.")]
Decile = Annotated[int, told("Welfare decile, 1 (poorest) to 10.")]


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where an event stands: shard, and position within topic and shard."""

    shard: Annotated[int, told("Shard, 0 to 23: the Kafka partition.")]
    pos: Annotated[int, told("Position, 1, 2, 3 ... without holes within topic and shard.")]


class Origin(msgspec.Struct, frozen=True):
    """The row of a file a report came from (rows count from 1, the header not counted)."""

    batch_id: Annotated[UUID, told("The batch: every file with the same rows has the same id.")]
    row: Annotated[int, told("Row in the file, from 1, the header not counted.")]


@event_type("id.padan.registry.household_reported.v1", INTAKE)
class HouseholdReported(msgspec.Struct, frozen=True, kw_only=True):
    """A household was reported by a valid row of a registration file.

    When: registry-ingest has validated the row and not found its people in the register.

    `sealed` is a `ReportedHousehold` under the intake key named `key_id` (associated data: household id and
    event id); the key is destroyed after 30 days.
    """

    household_id: HouseholdId
    regency: Regency
    origin: Annotated[Origin, told("The row it stands on.")]
    key_id: Annotated[str, told("Name of the key it is sealed under: a day, YYYY-MM-DD.")]
    sealed: Annotated[bytes, told("The household as reported, with its members.", "sealed_intake")]


@event_type("id.padan.registry.ranking_reported.v1", INTAKE)
class RankingReported(msgspec.Struct, frozen=True, kw_only=True):
    """A ranking file gave a registered household a decile (1 poorest to 10).

    When: registry-ingest has validated a row of a ranking file and knows the household of its person.
    """

    household_id: HouseholdId
    decile: Decile
    occurred_on: Annotated[date, told("The date from which the ranking holds.")]
    origin: Annotated[Origin, told("The row it stands on.")]


DeathSource = Literal["crvs_notify", "crvs_feed", "file"]
"""The door by which a death of the civil registry came: its notification, its feed, a file of it."""


@event_type("id.padan.registry.death_reported.v1", INTAKE)
class DeathReported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The civil registry says that a member of a registered household has died, or that it said so in error.

    When: registry-ingest has read it at one of the three doors and knows the person. The same death may be reported
    more than once, by several doors, and with another date: household decides what is new in it.
    """

    household_id: HouseholdId
    person_id: Annotated[UUID, told("Who died.", "pseudonym")]
    occurred_on: Annotated[date, told("The local date of the death; of one taken back, the date it was said of.")]
    source: Annotated[DeathSource, told("The door it came by: crvs_notify, crvs_feed or file.")]
    origin: Annotated[
        Origin, told("The row of the file; of an entry of the feed or of a notification, its number on that day.")
    ]
    region: Annotated[
        str, told("The part of the country whoever reported it acts for, a Kemendagri code; empty: the nation.")
    ] = ""
    reversed: Annotated[bool, told("Whether a death reported in error is taken back; absent: it is not.")] = False


MoveSource = Literal["crvs_notify", "crvs_feed"]
"""The door by which a move of the civil registry came: its notification or its feed."""


@event_type("id.padan.registry.move_reported.v1", INTAKE)
class MoveReported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The civil registry shows a member of a registered household in another village. Nobody is moved by that:
    household remembers it, and decides a move on which the destination says nothing by it.

    When: registry-ingest has read it at one of two doors and knows the person.

    `sealed` is a `ShownPlace` under the intake key named `key_id` (associated data: twice the event id, for it is
    sealed before the household is known); the key is destroyed after 30 days.
    """

    household_id: HouseholdId
    person_id: Annotated[UUID, told("Who moved.", "pseudonym")]
    to_regency: Annotated[str, told("The regency they moved to: the 4-digit Kemendagri code.")]
    occurred_on: Annotated[date, told("The local date from which the registry shows them there.")]
    source: Annotated[MoveSource, told("The door it came by: crvs_notify or crvs_feed.")]
    origin: Annotated[Origin, told("The number of the entry on the day it came.")]
    key_id: Annotated[str, told("Name of the key it is sealed under: a day, YYYY-MM-DD.")]
    sealed: Annotated[bytes, told("The village they moved to.", "sealed_intake")]
    region: Annotated[
        str, told("The part of the country whoever reported it acts for, a Kemendagri code; empty: the nation.")
    ] = ""


@event_type("id.padan.registry.match_reported.v1", INTAKE)
class MatchReported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A foreign register (civil servants, wages, companies, pensions) names a member of a registered household.

    When: registry-ingest was told so, or the register of barred occupations said so of a row, and knows the person. The
    event's id is made of person, register and the register's entry: told again it is the same report.

    `sealed` is a `RegisterMatch` under the intake key named `key_id` (associated data: twice the event id); the key is
    destroyed after 30 days.
    """

    household_id: HouseholdId
    person_id: Annotated[UUID, told("Who is named.", "pseudonym")]
    matched_on: Annotated[date, told("The local date on which the register was asked.")]
    origin: Annotated[Origin, told("The row of the file; of a list of matches, the number in it.")]
    key_id: Annotated[str, told("Name of the key it is sealed under: a day, YYYY-MM-DD.")]
    sealed: Annotated[bytes, told("Which register, its entry.", "sealed_intake")]
    region: Annotated[
        str, told("The part of the country whoever reported it acts for, a Kemendagri code; empty: the nation.")
    ] = ""


@event_type("id.padan.registry.accepted.v1", OUTCOMES)
class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A report was accepted; `positions` are those of the household events it led to (none: nothing changed).

    When: in the transaction that stored those events.
    """

    report_id: Annotated[UUID, told("`ce_id` of the report on registry.intake.v1.")]
    household_id: HouseholdId
    origin: Annotated[Origin, told("The row the report came from.")]
    positions: Annotated[
        tuple[Position, ...], told("Where the events it led to stand on household.events.v1; none: nothing changed.")
    ]


@event_type("id.padan.registry.refused.v1", OUTCOMES)
class Refused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A report was refused, with the stable code of the reason and, for a duplicate, who holds the NIK.

    When: the household service decided on the report; nothing was stored on household.events.v1.
    """

    report_id: Annotated[UUID, told("`ce_id` of the report on registry.intake.v1.")]
    household_id: HouseholdId
    origin: Annotated[Origin, told("The row the report came from.")]
    code: Annotated[str, told("Stable code of the reason, such as duplicate_in_register.")]
    holder: Annotated[
        UUID | None, told("For a duplicate: the household that holds the NIK already; absent otherwise.", "pseudonym")
    ] = None
