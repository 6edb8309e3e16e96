"""What a decider is told besides the command: who asks, when, and the households as they stand, opened."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from padan_events.commands.cases import Case
from padan_events.personal import HouseholdIdentity, MapPoint, PersonIdentity, PersonSensitive, ShownPlace

from padan_household.domain.claim import Claim
from padan_household.domain.cut_off import CUT_OFF_DAY
from padan_household.domain.household import Household
from padan_household.domain.rounds import Rounds
from padan_household.domain.sealed import Seal


class Person(NamedTuple):
    """The blocks of a member, opened; None where their key was destroyed."""

    identity: PersonIdentity | None
    sensitive: PersonSensitive | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A household with what may be opened of it. `persons` are empty where a decision needs nobody's data, `geotag` is
    None where it does not need that; `elsewhere` is the place of its move, where there is one. `duplicates` are the
    records kept aside, where a decision is about them; `seen` is where the civil registry shows those of its members
    whom it showed at all, empty where a decision does not need that."""

    household: Household
    home: HouseholdIdentity | None
    persons: Mapping[UUID, Person] = {}
    geotag: MapPoint | None = None
    elsewhere: HouseholdIdentity | None = None
    duplicates: Mapping[UUID, Person] = {}
    seen: Mapping[UUID, ShownPlace] = {}

    @property
    def of(self) -> dict[str, Any]:
        """What every fact about the household says."""
        return {"household_id": self.household.id, "regency": self.household.regency}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks and when, and the other households that the command names, by id.

    `command_id` names what the command makes (a new household, a new person), so that trying again makes the same.
    `claims` are those that stand on the NIKs the rule asks for, by `nik_hash`, held until the decision is written.
    `rounds` are those of the household's village, which nobody closes meanwhile, where the rule asks for them.
    `case` is the one that is decided, of a command about many.
    """

    actor: str
    role: str
    region: str
    now: datetime
    today: date
    command_id: UUID
    seal: Seal
    nik_hash: Callable[[str], bytes]
    claims: Mapping[bytes, Claim] = {}
    others: Mapping[UUID, Known] = {}
    cut_off_day: int = CUT_OFF_DAY
    rounds: Rounds | None = None
    case: Case | None = None
