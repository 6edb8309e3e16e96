"""What people need: a problem is recorded, somebody is asked to help, and what was done about it."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.effects import HouseholdFact
from padan_events.need_kinds import NeedKind
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

NeedId = Annotated[UUID, told("The need: the id of its `need_recorded`.", "pseudonym")]


class NeedOutcome(StrEnum):
    """What became of a need after an intervention. One that is `met` is over; else it goes on."""

    MET = "met"
    PARTLY = "partly"
    UNMET = "unmet"


class Need(msgspec.Struct, frozen=True):
    """What is needed: sealed, for most kinds say something about health, or worse."""

    kind: NeedKind


class Referral(msgspec.Struct, frozen=True):
    """Who was asked to help: sealed, for an office often gives the kind of need away."""

    to: str


@event_type("id.padan.household.need_recorded.v1", HOUSEHOLD_EVENTS)
class NeedRecorded(HouseholdFact, frozen=True, kw_only=True):
    """A need of a member, or of a household, was recorded.

    When: whoever works with the family saw it. The event's id names the need from then on. In the clear stands only
    that there is one, and whose.
    """

    occurred_on: Annotated[date, told("Local date on which it was seen.")]
    need: Annotated[
        bytes, told("`Need`: its kind, under the key of the member, or of the household.", "sealed_sensitive")
    ]
    person_id: Annotated[UUID | None, told("The member; absent: the whole household.", "pseudonym")] = None
    note: Annotated[
        bytes | None, told("`Note`: what was written beside it, if anything, under the same key.", "sealed_sensitive")
    ] = None


@event_type("id.padan.household.referred.v1", HOUSEHOLD_EVENTS)
class Referred(HouseholdFact, frozen=True, kw_only=True):
    """Somebody was asked to do something about a need.

    When: whoever works with the family, or the social office, referred it.
    """

    need_id: NeedId
    occurred_on: Annotated[date, told("Local date on which it was referred.")]
    referral: Annotated[
        bytes, told("`Referral`: to whom, under the key of the need's member or household.", "sealed_sensitive")
    ]


@event_type("id.padan.household.intervention_delivered.v1", HOUSEHOLD_EVENTS)
class InterventionDelivered(HouseholdFact, frozen=True, kw_only=True):
    """Something was done about a need, and what became of it.

    When: whoever works with the family, or the social office, reported it. A need that is met is over; what comes back
    is a need of its own.
    """

    need_id: NeedId
    outcome: Annotated[NeedOutcome, told("What became of the need.")]
    occurred_on: Annotated[date, told("Local date on which it was done.")]
    note: Annotated[
        bytes | None,
        told("`Note`: what was done, if anything was written, under the key of the need.", "sealed_sensitive"),
    ] = None
