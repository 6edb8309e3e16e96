"""Reports are decided in the transaction of their place: once, in order, one NIK in one household."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from household_given import NIK_HASH_KEY, Intake, Parts, a_family, a_nik, household_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from padan_events import Event
from padan_events.household import IdentityMatched, Proposed, WelfareRanked
from padan_events.intake import Accepted, Position, Refused
from padan_events.personal import HouseholdIdentity, PersonIdentity, PersonSensitive
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household.claims.repository import ClaimRaceError
from padan_household.intake.opening import IntakeKeyGoneError
from padan_household.keyring.rights import Reach, Rights
from padan_runtime import log, sealing
from padan_runtime.projector import TRANSIENT

EVERYTHING = Rights(Reach.ALL, Reach.ALL)


def test_accepted_is_stored_claimed_and_answered_with_its_positions(parts: Parts) -> None:
    reports = [parts.intake.household(row) for row in range(100)]
    parts.decide(*reports)
    facts, outcomes = parts.facts(), parts.outcomes()
    assert len(facts) == 200
    assert {type(data) for _, data in facts} == {Proposed, IdentityMatched}
    at = {event.position: (event, data) for event, data in facts}
    for report in reports:
        outcome = outcomes[report.event_id]
        assert isinstance(outcome, Accepted)
        for position in outcome.positions:
            event, data = at[position.shard, position.pos]
            assert data.household_id == outcome.household_id == UUID(event.key) == UUID(report.key)
            assert event.causation_id == report.event_id
            assert event.correlation_id == report.correlation_id
            assert event.actor == report.actor
    assert sum(len(outcome.positions) for outcome in outcomes.values()) == 200
    assert len(parts.claims()) == 350


def test_whoever_may_opens_the_blocks_with_the_keys_of_the_keyring(parts: Parts) -> None:
    parts.decide(parts.intake.household(1))
    ((event, proposed), _) = parts.facts()
    (household,) = parts.keyring.of_households([proposed.household_id], EVERYTHING)
    keys = {subject.subject_id: subject for subject in household.subjects}
    assert set(keys) == {proposed.household_id, *(member.person_id for member in proposed.members)}
    of_household = keys[proposed.household_id].identity
    assert of_household is not None
    opened = sealing.open_sealed(
        of_household, proposed.identity, HouseholdIdentity, subject=proposed.household_id, event_id=event.event_id
    )
    assert opened.family_card_hash == sealing.keyed_hash(NIK_HASH_KEY, "kk:" + str(opened.family_card_number)).hex()
    for member, reported in zip(proposed.members, a_family(1).members, strict=True):
        identity_key, sensitive_key = keys[member.person_id].identity, keys[member.person_id].sensitive
        assert identity_key is not None
        assert sensitive_key is not None
        bound = {"subject": member.person_id, "event_id": event.event_id}
        identity = sealing.open_sealed(identity_key, member.identity, PersonIdentity, **bound)
        assert (identity.name, identity.nik) == (reported.name, reported.nik)
        sensitive = sealing.open_sealed(sensitive_key, member.sensitive, PersonSensitive, **bound)
        assert sensitive.school == reported.school
        with pytest.raises(sealing.SealError):
            sealing.open_sealed(sensitive_key, member.identity, PersonIdentity, **bound)


def test_nothing_stored_shows_who_it_is_about(parts: Parts) -> None:
    parts.decide(*(parts.intake.household(row) for row in range(10)))
    stored = b"".join(event.value for event, _ in parts.facts())
    for row in range(10):
        for member in a_family(row).members:
            assert member.nik is not None
            assert member.name.encode() not in stored
            assert member.nik.encode() not in stored


def test_the_first_report_holds_a_nik_and_the_second_is_told_who(parts: Parts) -> None:
    first, second = household_id(1), household_id(2)
    one = parts.intake.household(1, a_family(1, [a_nik(1), a_nik(2)]))
    other = parts.intake.household(2, a_family(2, [a_nik(3), None, a_nik(2)]))
    parts.decide(one, other)
    outcome = parts.outcomes()[other.event_id]
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.holder) == ("duplicate_in_register", first)
    assert set(parts.claims().values()) == {first}
    # In a later batch it is the table that remembers.
    later = parts.intake.household(3, a_family(3, [a_nik(1)]))
    parts.decide(later)
    assert parts.outcomes()[later.event_id].holder == first
    assert second not in {data.household_id for _, data in parts.facts()}


def test_the_nik_of_a_refused_family_stays_free(parts: Parts) -> None:
    parts.decide(
        parts.intake.household(1, a_family(1, [a_nik(1)])),
        parts.intake.household(2, a_family(2, [a_nik(1), a_nik(2)])),
        free := parts.intake.household(3, a_family(3, [a_nik(2)])),
    )
    assert isinstance(parts.outcomes()[free.event_id], Accepted)


def test_a_nik_twice_in_one_family_is_refused(parts: Parts) -> None:
    parts.decide(report := parts.intake.household(1, a_family(1, [a_nik(1), a_nik(1)])))
    assert parts.outcomes()[report.event_id].code == "duplicate_in_file"
    assert parts.facts() == []
    assert parts.claims() == {}


def test_the_same_event_again_changes_nothing(parts: Parts) -> None:
    reports = [parts.intake.household(row) for row in range(5)]
    reports += [parts.intake.household(9, a_family(9, [a_nik(0)])), parts.intake.ranking(1, 4)]
    parts.decide(*reports, parts.intake.again(reports[0]))
    before = parts.facts(), parts.outcomes(), parts.claims()
    parts.decide(*(parts.intake.again(report) for report in reports))
    assert (parts.facts(), parts.outcomes(), parts.claims()) == before


def test_another_report_of_a_known_household_gets_the_positions_of_the_first(parts: Parts) -> None:
    first = parts.intake.household(1)
    parts.decide(first, parts.intake.ranking(1, 4), same_batch := parts.intake.household(1, report=uuid4()))
    parts.decide(later := parts.intake.household(1, report=uuid4()))
    outcomes = parts.outcomes()
    assert len(outcomes[first.event_id].positions) == 2
    assert (
        outcomes[first.event_id].positions
        == outcomes[same_batch.event_id].positions
        == outcomes[later.event_id].positions
    )
    assert len(parts.facts()) == 3


def test_rankings_follow_the_household_within_and_across_batches(parts: Parts) -> None:
    unknown = parts.intake.ranking(7, 2)
    parts.decide(
        parts.intake.household(1),
        first := parts.intake.ranking(1, 4, number=1),
        same := parts.intake.ranking(1, 4, number=2),
        unknown,
    )
    parts.decide(changed := parts.intake.ranking(1, 6, number=3))
    outcomes = parts.outcomes()
    assert [data.decile for _, data in parts.facts() if isinstance(data, WelfareRanked)] == [4, 6]
    assert [len(outcomes[report.event_id].positions) for report in (first, same, changed)] == [1, 0, 1]
    assert isinstance(outcomes[unknown.event_id], Refused)
    assert outcomes[unknown.event_id].code == "not_in_register"


def test_a_crash_between_keyring_and_append_leaves_keys_that_the_next_try_uses(parts: Parts) -> None:
    report = parts.intake.household(1)

    class CrashError(Exception):
        pass

    def decide_and_crash() -> None:
        reports = parts.handler.opener.open([report])
        with parts.database.transaction() as connection:
            parts.handler.apply(connection, [report], reports)
            raise CrashError

    with pytest.raises(CrashError):
        decide_and_crash()
    orphans = parts.keyring.of_households([household_id(1)], EVERYTHING)
    assert len(orphans[0].subjects) == 5
    assert parts.facts() == []
    assert parts.claims() == {}
    parts.decide(report)
    assert parts.keyring.of_households([household_id(1)], EVERYTHING) == orphans
    ((event, proposed), _) = parts.facts()
    keys = {subject.subject_id: subject for subject in orphans[0].subjects}
    for member in proposed.members:
        key = keys[member.person_id].identity
        assert key is not None
        sealing.open_sealed(key, member.identity, PersonIdentity, subject=member.person_id, event_id=event.event_id)


def test_a_race_for_a_nik_is_lost_transiently_and_then_refused(parts: Parts) -> None:
    one = parts.intake.household(1, a_family(1, [a_nik(1)]))
    other = parts.intake.household(2, a_family(2, [a_nik(1)]))
    with ThreadPoolExecutor(1) as rival, psycopg.connect(parts.database.url) as connection:
        parts.handler.apply(connection, [one], parts.handler.opener.open([one]))
        # The rival sees no holder, waits at the claim, and finds it taken once this transaction commits.
        attempt = rival.submit(parts.decide, other)
        _wait_until_one_waits_for_a_lock(parts)
        connection.commit()
        with pytest.raises(ClaimRaceError) as lost:
            attempt.result()
    assert isinstance(lost.value, TRANSIENT)
    parts.decide(other)
    assert parts.outcomes()[other.event_id].holder == household_id(1)


def _wait_until_one_waits_for_a_lock(parts: Parts) -> None:
    with psycopg.connect(parts.database.url, autocommit=True) as observer:
        until = time.monotonic() + 20
        while observer.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone() == (0,):
            assert time.monotonic() < until, "the rival never came to the claim"


def test_a_report_whose_intake_key_is_gone_stops_its_shard(parts: Parts) -> None:
    report = parts.intake.household(1)
    with parts.keyring_database.transaction() as connection:
        connection.execute("DELETE FROM intake_key")
    with pytest.raises(IntakeKeyGoneError):
        parts.decide(report)
    assert parts.outcomes() == {}


def test_what_does_not_belong_on_the_topic_is_not_decided(parts: Parts) -> None:
    parts.decide(parts.intake.household(1))
    stray = parts.read(HOUSEHOLD_EVENTS.name)[0]
    with pytest.raises(TypeError):
        parts.decide(stray)


def test_a_transaction_that_breaks_leaves_heads_and_positions_as_they_were(parts: Parts) -> None:
    with parts.database.transaction() as connection:
        before = log.heads(connection, HOUSEHOLD_EVENTS.name)
    good = parts.intake.household(1)
    bad = Event(**{name: getattr(good, name) for name in Event.__struct_fields__} | {"value": b"{}"})
    with pytest.raises(Exception, match="missing required field"):
        parts.decide(good, bad)
    with parts.database.transaction() as connection:
        assert log.heads(connection, HOUSEHOLD_EVENTS.name) == before


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nobody_is_ever_in_two_households_whatever_the_interleaving(parts: Parts, data: st.DataObject) -> None:
    """Several deciders at once, over families that share people, in batches of any size: as one after the other."""
    intake = Intake(parts.keyring, batch_id=uuid4())
    people = st.one_of(st.none(), st.integers(0, 14).map(a_nik))
    families = data.draw(st.lists(st.lists(people, min_size=1, max_size=4), min_size=2, max_size=14))
    salt = data.draw(st.integers(0, 500)) * 20
    reports = [
        intake.household(row, a_family(row, [None if nik is None else a_nik(salt + _number(nik)) for nik in niks]))
        for row, niks in enumerate(families)
    ]
    deciders = data.draw(st.integers(1, 3))
    size = data.draw(st.integers(1, 5))
    before = parts.claims()

    def decide(mine: list[Event]) -> None:
        for start in range(0, len(mine), size):
            while True:
                try:
                    parts.decide(*mine[start : start + size])
                    break
                except TRANSIENT:
                    continue

    with ThreadPoolExecutor(deciders) as pool:
        list(pool.map(decide, [reports[number::deciders] for number in range(deciders)]))
    outcomes = parts.outcomes()
    holders = dict(before)
    for report, niks in zip(reports, families, strict=True):
        outcome = outcomes[report.event_id]
        hashes = [sealing.keyed_hash(NIK_HASH_KEY, a_nik(salt + _number(nik))) for nik in niks if nik is not None]
        if isinstance(outcome, Accepted):
            assert outcome.positions[0] != Position(0, 0)
            for nik_hash in hashes:
                assert holders.setdefault(nik_hash, outcome.household_id) == outcome.household_id
        elif outcome.code == "duplicate_in_file":
            assert len(set(hashes)) < len(hashes)
        else:
            assert outcome.holder in {parts.claims().get(nik_hash) for nik_hash in hashes} - {None}
    assert parts.claims() == holders


def _number(nik: str) -> int:
    return next(number for number in range(15) if a_nik(number) == nik)


def test_a_report_that_operators_drop_is_refused_once_where_its_row_can_be_told(parts: Parts) -> None:
    spoilt = msgspec.structs.replace(
        parts.intake.ranking(7, 3), type="id.padan.registry.of_tomorrow.v1", event_id=uuid4()
    )
    unreadable = msgspec.structs.replace(spoilt, value=b"\x00 nothing", event_id=uuid4())
    decided = parts.intake.household(1)
    parts.decide(decided)
    for report in (spoilt, unreadable, decided, spoilt):
        with parts.database.transaction() as connection:
            parts.handler.dropped(connection, report)
    outcomes = parts.outcomes()
    assert outcomes.keys() == {decided.event_id, spoilt.event_id}
    assert isinstance(outcomes[decided.event_id], Accepted)
    refused = outcomes[spoilt.event_id]
    assert isinstance(refused, Refused)
    assert (refused.code, refused.origin.row) == ("dropped_by_operator", 7)
