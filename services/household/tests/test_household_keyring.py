"""Keys: minted once whoever races, handed out by the table of rights, destroyed when their time is over."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import msgspec
import pytest
from fastapi.testclient import TestClient
from household_given import Parts, household_id
from joserfc.jwk import ECKey
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household import cut
from padan_household.domain import ids
from padan_household.keyring import endpoints
from padan_household.keyring.keyring import INTAKE_KEY_DAYS, KeyDestroyedError, Keyring
from padan_household.keyring.rights import RIGHTS, Reach, Rights
from padan_household.keyring.wrapping import IDENTITY, SENSITIVE, KeyEncryption, context_of
from padan_runtime.database import Database
from padan_runtime.http import Health, create_app
from padan_runtime.keys import MOST_HOUSEHOLDS, IntakeKey, KeysRequest, KeysResponse, SubjectKeys
from padan_runtime.sealing import SealError
from padan_runtime.service_tokens import ServiceIdentity, ServiceVerifier

EVERYTHING = Rights(Reach.ALL, Reach.ALL)
SERVICES = ("household", "registry-ingest", "eligibility", "gateway")


class Callers:
    """The services that may call, each with a key of its own."""

    def __init__(self) -> None:
        keys = {name: ECKey.generate_key("P-256", {"kid": name}) for name in SERVICES}
        self.identities = {
            name: ServiceIdentity(name, msgspec.json.encode(key.as_dict(private=True))) for name, key in keys.items()
        }
        public = {"keys": [key.as_dict(private=False) | {"kid": name} for name, key in keys.items()]}
        self.verifier = ServiceVerifier("household", msgspec.json.encode(public))


@pytest.fixture(scope="module")
def callers() -> Callers:
    return Callers()


@pytest.fixture
def client(parts: Parts, callers: Callers) -> Iterator[TestClient]:
    app = create_app(title="test", health=Health())
    app.include_router(endpoints.router(parts.keyring, callers.verifier))
    app.include_router(cut.router(parts.database, callers.verifier))
    with TestClient(app) as opened:
        yield opened


def subjects(row: int, members: int = 3) -> list[tuple[UUID, UUID]]:
    household = household_id(row)
    return [(household, household), *((household, ids.person_id(household, index)) for index in range(members))]


def test_keys_once_minted_stay(parts: Parts) -> None:
    first = parts.keyring.mint(subjects(1))
    both = parts.keyring.mint(subjects(1, members=5) + subjects(2))
    assert {subject: both[subject] for subject in first} == first
    assert len(both) == 10
    assert len({key for pair in both.values() for key in (pair.identity, pair.sensitive)}) == 20


def test_those_who_race_to_mint_end_up_with_the_same_keys(parts: Parts) -> None:
    wanted, start = [pair for row in range(50) for pair in subjects(row)], Barrier(4)

    def mint(number: int) -> dict[UUID, object]:
        start.wait()
        return dict(parts.keyring.mint(wanted if number % 2 else wanted[::-1]))

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(mint, range(4))
    assert len(first) == 200
    assert all(other == first for other in others)


def test_a_destroyed_key_is_not_minted_again(parts: Parts) -> None:
    parts.keyring.mint(subjects(1))
    with parts.keyring_database.transaction() as connection:
        connection.execute("UPDATE subject_key SET identity = NULL, sensitive = NULL")
    with pytest.raises(KeyDestroyedError):
        parts.keyring.mint(subjects(1))
    (household,) = parts.keyring.of_households([household_id(1)], EVERYTHING)
    assert {(keys.subject_id, keys.identity, keys.sensitive) for keys in household.subjects} == {
        (subject, None, None) for _, subject in subjects(1)
    }, "erased, and said so: one that is not known is not among them"


def test_the_keyring_stores_no_key_in_clear_and_none_opens_as_another(parts: Parts, keyring_database: Database) -> None:
    pairs = parts.keyring.mint(subjects(1))
    with keyring_database.transaction() as connection:
        rows = connection.execute("SELECT subject_id, identity, sensitive FROM subject_key").fetchall()
    for subject, identity, sensitive in rows:
        assert pairs[subject].identity not in identity
        assert pairs[subject].sensitive not in sensitive
    with keyring_database.transaction() as connection:
        connection.execute("UPDATE subject_key SET identity = sensitive")
    with pytest.raises(SealError):
        parts.keyring.of_households([household_id(1)], EVERYTHING)
    with pytest.raises(SealError):
        Keyring(keyring_database, KeyEncryption(bytes(32))).of_households([household_id(1)], EVERYTHING)


def test_wrapping_binds_a_key_to_whom_and_what_it_is_for() -> None:
    encryption, subject = KeyEncryption(bytes(32)), uuid4()
    wrapped = encryption.wrap(b"k" * 32, context_of(subject, IDENTITY))
    assert encryption.unwrap(wrapped, context_of(subject, IDENTITY)) == b"k" * 32
    for context in (context_of(subject, SENSITIVE), context_of(uuid4(), IDENTITY)):
        with pytest.raises(SealError):
            encryption.unwrap(wrapped, context)


def ask(client: TestClient, callers: Callers, service: str, *households: UUID) -> dict[UUID, SubjectKeys]:
    response = client.post(
        "/keys:batch",
        content=msgspec.json.encode(KeysRequest(households)),
        headers=callers.identities[service].headers("household"),
    )
    assert response.status_code == 200, response.text
    answer = msgspec.json.decode(response.content, type=KeysResponse)
    return {subject.subject_id: subject for household in answer.households for subject in household.subjects}


@pytest.mark.parametrize(
    ("service", "of_household", "of_person"),
    [
        ("registry-ingest", (True, False), (True, False)),
        ("eligibility", (False, True), (False, True)),
        ("gateway", (True, True), (True, False)),
    ],
)
def test_each_service_gets_the_keys_of_its_audience_and_no_other(
    parts: Parts,
    client: TestClient,
    callers: Callers,
    service: str,
    of_household: tuple[bool, bool],
    of_person: tuple[bool, bool],
) -> None:
    pairs = parts.keyring.mint(subjects(1) + subjects(2))
    keys = ask(client, callers, service, household_id(1), household_id(3))
    assert set(keys) == {subject for _, subject in subjects(1)}
    for subject, got in keys.items():
        identity, sensitive = of_household if subject == household_id(1) else of_person
        assert got.identity == (pairs[subject].identity if identity else None)
        assert got.sensitive == (pairs[subject].sensitive if sensitive else None)


def test_who_is_not_in_the_table_gets_nothing(client: TestClient, callers: Callers) -> None:
    body = msgspec.json.encode(KeysRequest((household_id(1),)))
    assert "household" not in RIGHTS
    forbidden = client.post("/keys:batch", content=body, headers=callers.identities["household"].headers("household"))
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "service_forbidden")
    for headers in (
        {},
        callers.identities["gateway"].headers("eligibility"),
        Callers().identities["gateway"].headers("household"),
    ):
        unknown = client.post("/keys:batch", content=body, headers=headers)
        assert (unknown.status_code, unknown.json()["code"]) == (401, "service_unauthenticated")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"household_ids": ["no id"]}'])
def test_a_body_that_is_none_is_named(client: TestClient, callers: Callers, body: bytes) -> None:
    response = client.post("/keys:batch", content=body, headers=callers.identities["gateway"].headers("household"))
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")


def test_more_households_than_one_request_may_name_are_refused(client: TestClient, callers: Callers) -> None:
    body = msgspec.json.encode(KeysRequest((household_id(1),) * (MOST_HOUSEHOLDS + 1)))
    response = client.post("/keys:batch", content=body, headers=callers.identities["gateway"].headers("household"))
    assert (response.status_code, response.json()["code"]) == (413, "too_many_households")


def test_today_has_one_intake_key_and_other_days_only_what_they_had(
    parts: Parts, client: TestClient, callers: Callers
) -> None:
    headers = callers.identities["registry-ingest"].headers("household")
    now = datetime.now(UTC)
    kept = now - timedelta(days=INTAKE_KEY_DAYS)
    parts.keyring.mint_intake_key(now=kept)
    days = {"today": now, "kept": kept, "never": now - timedelta(days=3), "tomorrow": now + timedelta(days=1)}
    answers = {name: client.get(f"/intake-keys/{day.date()}", headers=headers) for name, day in days.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "today": 200,
        "kept": 200,
        "never": 404,
        "tomorrow": 404,
    }
    today = msgspec.json.decode(answers["today"].content, type=IntakeKey)
    assert today.key_id == str(now.date())
    assert client.get(f"/intake-keys/{now.date()}", headers=headers).content == answers["today"].content
    assert msgspec.json.decode(answers["kept"].content, type=IntakeKey).key != today.key
    assert client.get("/intake-keys/20260105", headers=headers).status_code == 422
    for other in ("gateway", "eligibility"):
        refused = client.get(f"/intake-keys/{now.date()}", headers=callers.identities[other].headers("household"))
        assert refused.status_code == 403


def test_an_intake_key_is_destroyed_after_30_days(parts: Parts) -> None:
    now = datetime.now(UTC)
    for days in (INTAKE_KEY_DAYS + 1, INTAKE_KEY_DAYS, 0):
        parts.keyring.mint_intake_key(now=now - timedelta(days=days))
    old = (now - timedelta(days=INTAKE_KEY_DAYS + 1)).date()
    assert parts.keyring.intake_key(old, now=now) is None
    assert parts.keyring.destroy_old_intake_keys(now=now) == 1
    assert parts.keyring.intake_key(old, now=now - timedelta(days=5)) is None
    assert parts.keyring.intake_key((now - timedelta(days=INTAKE_KEY_DAYS)).date(), now=now) is not None


def test_the_cut_is_the_heads_and_a_time_not_after_them(parts: Parts, client: TestClient, callers: Callers) -> None:
    parts.decide(*(parts.intake.household(row) for row in range(30)))
    before = time.time()
    answer = client.get("/cut", headers=callers.identities["eligibility"].headers("household")).json()
    events = parts.read(HOUSEHOLD_EVENTS.name)
    assert answer["heads"] == [sum(event.shard == shard for event in events) for shard in range(24)]
    assert before - 1 < datetime.fromisoformat(answer["at"]).timestamp() < time.time() + 1
    refused = client.get("/cut", headers=callers.identities["registry-ingest"].headers("household"))
    assert refused.status_code == 403
