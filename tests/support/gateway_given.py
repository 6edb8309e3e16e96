"""What the gateway's tests start from: a register of generated families whose events are sealed with their own keys."""

import os
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from padan_events import SHARDS, Event, encode, shard_of, type_of
from padan_events.effects import HouseholdFact
from padan_events.eligibility import Decided, Outcome
from padan_events.evidence import CircumstancesAssessed, EvidenceAttached, EvidenceFlag, Geotagged, PhotoKind
from padan_events.household import IdentityMatched, Proposed, SealedMember, WelfareRanked
from padan_events.intake import Origin, Position
from padan_events.personal import (
    Agreement,
    Circumstances,
    Criterion,
    Explanation,
    HouseholdIdentity,
    MapPoint,
    PersonIdentity,
    PersonSensitive,
    Relationship,
    Sex,
    ShownPlace,
)
from padan_events.relocations import RelocationAccepted, RelocationRequested, RelocationSeen
from padan_runtime.keys import SubjectKeys
from padan_runtime.sealing import keyed_hash, seal

BATCH = uuid.uuid5(uuid.NAMESPACE_URL, "urn:padan:gateway-tests")
NIK_HASH_KEY = bytes(range(32))
TIME = datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
PATI = "3318"
VILLAGES = ("3318042007", "3318042008", "3318012001")
ELSEWHERE = "3319012001"


def household_id(row: int) -> UUID:
    return uuid.uuid5(BATCH, f"household:{row}")


def person_id(row: int, index: int) -> UUID:
    return uuid.uuid5(household_id(row), f"person:{index}")


def a_nik(row: int, index: int) -> str:
    """A well-formed NIK of nobody."""
    return f"3318010101{80 + index:02d}{row % 9000 + 1:04d}"


class Register:
    """Plays household and eligibility: mints keys, seals, and numbers the events of each topic and shard."""

    def __init__(self) -> None:
        self.keys: dict[UUID, dict[UUID, SubjectKeys]] = {}
        self.heads: Counter[tuple[str, int]] = Counter()
        self._versions: Counter[UUID] = Counter()

    def propose(
        self, row: int, *, village: str = VILLAGES[0], members: int = 3, joining: Sequence[tuple[UUID, int]] = ()
    ) -> Event:
        """A household of `members` of its own and of `joining` (person id, membership_seq) from elsewhere."""
        subject = household_id(row)
        event_id = self._next_id(subject)
        persons = [(person_id(row, index), 1) for index in range(members)] + list(joining)
        keys = self.keys.setdefault(subject, {})
        for known in (subject, *(person for person, _ in persons)):
            keys[known] = SubjectKeys(known, os.urandom(32), os.urandom(32))
        identity = HouseholdIdentity(
            village=village, family_card_number=f"3318{row:012d}", address=f"Jalan {row}", rt="001", rw="002"
        )
        return self._event(
            Proposed(
                household_id=subject,
                regency=village[:4],
                occurred_on=TIME.date(),
                caretaker=persons[0][0],
                head=persons[0][0],
                identity=seal(_key(keys[subject].identity), identity, subject=subject, event_id=event_id),
                members=tuple(
                    self._member(row, index, person, seq, keys[person], event_id)
                    for index, (person, seq) in enumerate(persons)
                ),
                origin=Origin(BATCH, row),
            ),
            subject,
            event_id,
        )

    @staticmethod
    def _member(row: int, index: int, person: UUID, seq: int, keys: SubjectKeys, event_id: UUID) -> SealedMember:
        nik = a_nik(row, index)
        born, sex = date(1980 + index, 5, 17), Sex.FEMALE if index % 2 else Sex.MALE
        identity = PersonIdentity(
            name=f"Orang {row} Anggota{index}",
            nik=nik,
            nik_hash=keyed_hash(NIK_HASH_KEY, nik).hex(),
            birth_date=born,
            sex=sex,
            relationship=Relationship.CHILD if index else Relationship.HEAD,
        )
        return SealedMember(
            person_id=person,
            membership_seq=seq,
            identity=seal(_key(keys.identity), identity, subject=person, event_id=event_id),
            sensitive=seal(_key(keys.sensitive), PersonSensitive(birth_date=born), subject=person, event_id=event_id),
            birth_year=born.year,
        )

    def sealed_member(self, row: int, index: int, seq: int, event_id: UUID) -> SealedMember:
        """A member anew, under the keys of the household that it was reported with."""
        person = person_id(row, index)
        return self._member(row, index, person, seq, self.keys[household_id(row)][person], event_id)

    def request_move(self, row: int, village: str) -> Event:
        """The household wants to move from Pati to a village of another regency."""
        subject = household_id(row)
        event_id, key = self._next_id(subject), _key(self.keys[subject][subject].identity)
        place = HouseholdIdentity(village=village, address=f"Jalan Tujuan {row}")
        data = RelocationRequested(
            household_id=subject,
            regency=PATI,
            to_regency=village[:4],
            destination=seal(key, place, subject=subject, event_id=event_id),
            due_at=TIME + timedelta(days=30),
            occurred_on=TIME.date(),
        )
        return self._event(data, subject, event_id)

    def accept_move(self, row: int, village: str) -> Event:
        """It lives there now."""
        subject = household_id(row)
        event_id, key = self._next_id(subject), _key(self.keys[subject][subject].identity)
        place = HouseholdIdentity(village=village, address=f"Jalan Tujuan {row}")
        data = RelocationAccepted(
            household_id=subject,
            regency=village[:4],
            identity=seal(key, place, subject=subject, event_id=event_id),
            from_regency=PATI,
            occurred_on=TIME.date(),
        )
        return self._event(data, subject, event_id)

    def seen(self, row: int, number: int, village: str, on: date) -> Event:
        """The civil registry shows a member in a village."""
        subject, person = household_id(row), person_id(row, number)
        event_id, key = self._next_id(subject), _key(self.keys[subject][person].identity)
        data = RelocationSeen(
            household_id=subject,
            regency=PATI,
            person_id=person,
            to_regency=village[:4],
            place=seal(key, ShownPlace(village), subject=person, event_id=event_id),
            occurred_on=on,
            source="crvs_feed",
        )
        return self._event(data, subject, event_id)

    def happened(self, data: HouseholdFact) -> Event:
        """Anything else that happened to a household."""
        return self._event(data, data.household_id, self._next_id(data.household_id))

    def match(self, row: int) -> Event:
        subject = household_id(row)
        data = IdentityMatched(
            household_id=subject,
            regency=PATI,
            person_id=person_id(row, 0),
            civil_status="active",
            agreement=Agreement(nik=True, name=True, birth_date=False),
            matched_at="2026-01-15T02:59:00Z",
            request_id=f"request-{row}",
        )
        return self._event(data, subject, self._next_id(subject))

    def rank(self, row: int, decile: int) -> Event:
        subject = household_id(row)
        data = WelfareRanked(
            household_id=subject, regency=PATI, decile=decile, occurred_on=TIME.date(), origin=Origin(BATCH, row)
        )
        return self._event(data, subject, self._next_id(subject))

    def decide(self, row: int, programme: str = "pkh", *, outcome: Outcome = Outcome.ENTITLED, facts: int = 1) -> Event:
        """A decision; its household must have keys, as eligibility could not have sealed it otherwise."""
        subject = household_id(row)
        keys = self.keys.setdefault(subject, {}).setdefault(
            subject, SubjectKeys(subject, os.urandom(32), os.urandom(32))
        )
        shard = shard_of(str(subject))
        event_id = uuid.uuid5(subject, f"{programme}:{shard}:{facts}:{outcome}")
        explanation = Explanation(
            criteria=(
                Criterion(
                    code="decile", fact="2", bound="<= 4", holds=True, text_id="Desil 2.", text_en="Decile 2 of 10."
                ),
            ),
            summary_id=f"Keluarga {row} berhak.",
            summary_en=f"Family {row} is entitled.",
        )
        data = Decided(
            household_id=subject,
            regency=PATI,
            programme=programme,
            outcome=outcome,
            state="proposed",
            policy_version="1",
            facts=Position(shard, facts),
            as_of=TIME.date(),
            explanation=seal(_key(keys.sensitive), explanation, subject=subject, event_id=event_id),
            annual_idr=3_000_000 if outcome is Outcome.ENTITLED else None,
            missing=("decile",) if outcome is Outcome.UNDETERMINED else (),
        )
        return self._event(data, subject, event_id)

    def visit(self, row: int, place: MapPoint, *flags: EvidenceFlag) -> list[Event]:
        """A photo with these flags, the place on the map and an assessment."""
        subject = household_id(row)
        of: dict[str, Any] = {"household_id": subject, "regency": PATI}
        keys, events = self.keys[subject][subject], []
        photo = EvidenceAttached(
            **of, photo_id=uuid.uuid5(subject, "photo"), kind=PhotoKind.HOUSE_FRONT, sha256="5a" * 32, flags=flags
        )
        events.append(self._event(photo, subject, self._next_id(subject)))
        event_id = self._next_id(subject)
        position = seal(_key(keys.identity), place, subject=subject, event_id=event_id)
        events.append(self._event(Geotagged(**of, position=position), subject, event_id))
        event_id = self._next_id(subject)
        answers = Circumstances(criteria_2022={}, criteria_bps={})
        sealed = seal(_key(keys.sensitive), answers, subject=subject, event_id=event_id)
        assessed = CircumstancesAssessed(**of, occurred_on=TIME.date(), circumstances=sealed)
        return [*events, self._event(assessed, subject, event_id)]

    def told(self, subject: UUID, make: Callable[[UUID], msgspec.Struct]) -> Event:
        """The next event of a household or a village; `make` is given its id, to which sealed blocks are bound."""
        event_id = self._next_id(subject)
        return self._event(make(event_id), subject, event_id)

    def seal(self, subject: UUID, content: msgspec.Struct, event_id: UUID) -> bytes:
        """A block under the identity key of a household."""
        return seal(_key(self.keys[subject][subject].identity), content, subject=subject, event_id=event_id)

    def _next_id(self, subject: UUID) -> UUID:
        self._versions[subject] += 1
        return uuid.uuid5(subject, str(self._versions[subject]))

    def _event(self, data: msgspec.Struct, subject: UUID, event_id: UUID) -> Event:
        declared = type_of(data)
        shard = shard_of(str(subject))
        self.heads[declared.topic.name, shard] += 1
        return Event(
            topic=declared.topic.name,
            shard=shard,
            pos=self.heads[declared.topic.name, shard],
            event_id=event_id,
            type=declared.name,
            source=f"/padan/{declared.topic.owner}",
            time=TIME,
            key=str(subject),
            actor=f"service:{declared.topic.owner}",
            correlation_id=BATCH,
            value=encode(data),
        )

    def vector(self, topic: str) -> list[int]:
        return [self.heads[topic, shard] for shard in range(SHARDS)]


def _key(key: bytes | None) -> bytes:
    assert key is not None
    return key
