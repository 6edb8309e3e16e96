"""What the tests of this service start from: generated families, reports of them, and a service's parts."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import padan_events
from padan_events import Event, shard_of
from padan_events.intake import (
    DeathReported,
    DeathSource,
    HouseholdReported,
    MatchReported,
    MoveReported,
    MoveSource,
    Origin,
    RankingReported,
    Refused,
)
from padan_events.personal import (
    Agreement,
    Match,
    Relationship,
    ReportedHousehold,
    ReportedMember,
    School,
    Sex,
    ShownPlace,
)
from padan_events.reviews import ForeignRegister, RegisterMatch
from padan_events.topics import HOUSEHOLD_EVENTS, INTAKE, OUTCOMES
from padan_household.intake.handler import IntakeHandler
from padan_household.intake.opening import Opener
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.wrapping import KeyEncryption
from padan_household.store.application import Register
from padan_runtime import log, sealing
from padan_runtime.database import Database

BATCH_ID = uuid.uuid5(uuid.NAMESPACE_URL, "urn:padan:test-batch")
NIK_HASH_KEY = bytes(range(32))
TIME = datetime.now(UTC)
REGENCY = "3318"


def household_id(row: int, batch_id: UUID = BATCH_ID) -> UUID:
    """As registry-ingest makes it."""
    return uuid.uuid5(batch_id, f"household:{row}")


def a_nik(number: int) -> str:
    """A well-formed NIK of nobody."""
    return f"331801{1 + number % 28:02d}0180{1 + number // 28:04d}"


def a_family(row: int, niks: Sequence[str | None] | None = None, *, matched: bool = True) -> ReportedHousehold:
    """A family whose first member is head and caretaker; by default of 3 or 4, each with a NIK of their own."""
    if niks is None:
        niks = [a_nik(4 * row + index) for index in range(3 + row % 2)]
    return ReportedHousehold(
        village="3318042007",
        members=tuple(
            ReportedMember(
                name=f"Orang {row} ke-{index}",
                nik=nik,
                birth_date=date(1980 + 7 * min(index, 5), 1, 1 + row % 28),
                sex=Sex.FEMALE if index % 2 else Sex.MALE,
                relationship=Relationship.CHILD if index else Relationship.HEAD,
                school=School.PRIMARY if index == 2 else None,
            )
            for index, nik in enumerate(niks)
        ),
        caretaker=0,
        family_card_number=f"3318{row:012d}",
        address=f"Jalan {row}",
        rt="001",
        rw="002",
        match=Match(
            request_id=f"request-{row}",
            matched_at="2026-01-05T03:04:05Z",
            civil_status="active",
            agreement=Agreement(nik=True, name=True),
        )
        if matched
        else None,
    )


class Intake:
    """Plays registry-ingest: seals reports and numbers them, shard by shard; `time` is when they come in."""

    time = TIME

    def __init__(self, keyring: Keyring, *, batch_id: UUID = BATCH_ID) -> None:
        self.key_id = TIME.date().isoformat()
        keyring.mint_intake_key(now=TIME)
        key = keyring.intake_key(TIME.date(), now=TIME)
        assert key is not None
        self._key, self._batch_id = key, batch_id
        self._heads: dict[int, int] = {}

    def household(self, row: int, family: ReportedHousehold | None = None, *, report: UUID | None = None) -> Event:
        """A report of a household; `report` names it where it is not the first of its row."""
        household, event_id = household_id(row, self._batch_id), report or self._report_id(row)
        return self._event(
            household,
            event_id,
            HouseholdReported(
                household_id=household,
                regency=REGENCY,
                origin=Origin(self._batch_id, row),
                key_id=self.key_id,
                sealed=sealing.seal(self._key, family or a_family(row), subject=household, event_id=event_id),
            ),
        )

    def ranking(self, row: int, decile: int, *, number: int = 1) -> Event:
        """A ranking of the household of `row`."""
        household = household_id(row, self._batch_id)
        return self._event(
            household,
            uuid.uuid5(household, f"ranking:{number}"),
            RankingReported(
                household_id=household, decile=decile, occurred_on=date(2026, 2, 1), origin=Origin(self._batch_id, row)
            ),
        )

    def death(
        self,
        household: UUID,
        person: UUID,
        on: date,
        *,
        source: DeathSource = "crvs_feed",
        reversed: bool = False,  # the field's name
        region: str = "",
    ) -> Event:
        """A report that somebody died; the same words make the same report."""
        data = DeathReported(
            household_id=household,
            person_id=person,
            occurred_on=on,
            source=source,
            origin=Origin(self._batch_id, 1),
            region=region,
            reversed=reversed,
        )
        return self._event(household, uuid.uuid5(household, padan_events.encode(data).decode()), data)

    def move(
        self,
        household: UUID,
        person: UUID,
        village: str,
        on: date,
        *,
        source: MoveSource = "crvs_feed",
        region: str = "",
        number: int = 1,
    ) -> Event:
        """A report that the civil registry shows somebody in a village; the same words make the same report."""
        event_id = uuid.uuid5(household, f"move:{person}:{village}:{on}:{source}:{region}:{number}")
        data = MoveReported(
            household_id=household,
            person_id=person,
            to_regency=village[:4],
            occurred_on=on,
            source=source,
            origin=Origin(self._batch_id, number),
            key_id=self.key_id,
            sealed=sealing.seal(self._key, ShownPlace(village), subject=event_id, event_id=event_id),
            region=region,
        )
        return self._event(household, event_id, data)

    def match(
        self, household: UUID, person: UUID, *, reference: str = "A-1", region: str = "", on: date = date(2026, 2, 1)
    ) -> Event:
        """A report that a foreign register names somebody; the same words make the same report."""
        event_id = uuid.uuid5(person, f"match:{reference}")
        found = RegisterMatch(register=ForeignRegister.PENSION, reference=reference, detail="retired")
        data = MatchReported(
            household_id=household,
            person_id=person,
            matched_on=on,
            origin=Origin(self._batch_id, 1),
            key_id=self.key_id,
            sealed=sealing.seal(self._key, found, subject=event_id, event_id=event_id),
            region=region,
        )
        return self._event(household, event_id, data)

    def again(self, event: Event) -> Event:
        """The same event once more, further on in its shard."""
        return msgspec.structs.replace(event, pos=self._next(event.shard))

    def _report_id(self, row: int) -> UUID:
        return uuid.uuid5(self._batch_id, f"report:{row}")

    def _next(self, shard: int) -> int:
        pos = self._heads[shard] = self._heads.get(shard, 0) + 1
        return pos

    def _event(self, household: UUID, event_id: UUID, data: msgspec.Struct) -> Event:
        shard = shard_of(str(household))
        return Event(
            topic=INTAKE.name,
            shard=shard,
            pos=self._next(shard),
            event_id=event_id,
            type=padan_events.type_of(data).name,
            source="/padan/registry-ingest",
            time=self.time,
            key=str(household),
            actor="service:registry-ingest",
            correlation_id=self._batch_id,
            value=padan_events.encode(data),
        )


class Parts:
    """The service's parts over two databases, without Kafka: batches are handed in by hand."""

    def __init__(self, database: Database, keyring_database: Database, encryption_key: bytes) -> None:
        self.database, self.keyring_database = database, keyring_database
        self.keyring = Keyring(keyring_database, KeyEncryption(encryption_key))
        self.register = Register(database)
        self.handler = IntakeHandler(
            database=database,
            register=self.register,
            keyring=self.keyring,
            opener=Opener(self.keyring, NIK_HASH_KEY),
        )
        self.intake = Intake(self.keyring)

    def decide(self, *events: Event) -> None:
        """One batch, in one transaction."""
        reports = self.handler.opener.open(events)
        with self.database.transaction() as connection:
            self.handler.apply(connection, events, reports)

    def read(self, topic: str) -> list[Event]:
        """Everything in a log, by shard and position."""
        with self.database.transaction() as connection:
            return log.read_after(connection, topic, "/padan/household", dict.fromkeys(range(24), 0), 1_000_000)

    def facts(self) -> list[tuple[Event, Any]]:
        """Events of households, with their data."""
        return [(event, padan_events.decode(event.type, event.value)) for event in self.read(HOUSEHOLD_EVENTS.name)]

    def outcomes(self) -> dict[UUID, Any]:
        """Outcomes by report."""
        outcomes: list[Any] = [padan_events.decode(event.type, event.value) for event in self.read(OUTCOMES.name)]
        by_report = {outcome.report_id: outcome for outcome in outcomes}
        assert len(by_report) == len(outcomes), "a report has one outcome"
        return by_report

    def outcome(self, event: Event) -> str:
        """What became of a report: `accepted`, or the code of its refusal."""
        outcome = self.outcomes()[event.event_id]
        return outcome.code if isinstance(outcome, Refused) else "accepted"

    def claims(self) -> dict[bytes, UUID]:
        """Who holds which NIK."""
        with self.database.transaction() as connection:
            return dict(connection.execute("SELECT nik_hash, household_id FROM person_claim").fetchall())
