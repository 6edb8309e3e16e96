"""Commands of people: each is decided once, answered the same for ever, and leaves nothing where it is refused."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from uuid import uuid4

import msgspec
import psycopg
import pytest
from household_given import NIK_HASH_KEY, Parts, a_family, a_nik
from padan_events.commands import (
    KEY_REUSED,
    CommandAccepted,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    Fault,
    KeyRequest,
    ProposeHousehold,
)
from padan_events.household import IdentityMatched, Proposed
from padan_household.commands.deciding import Commands
from padan_household.domain import ids

NOON_UTC = datetime(2026, 3, 31, 18, 0, tzinfo=UTC)
"""Already the first of April in Pati."""


@pytest.fixture
def commands(parts: Parts) -> Commands:
    return Commands(parts.database, parts.register, parts.keyring, NIK_HASH_KEY, lambda: NOON_UTC)


def asked(
    row: int = 1,
    *,
    key: str = "a key",
    niks: Sequence[str | None] | None = None,
    actor: str = "user:clerk",
    role: str = "village_operator",
    region: str = "3318042007",
    found: tuple[Fault, ...] = (),
) -> CommandRequest:
    family = a_family(row, niks)
    return CommandRequest(
        actor=actor,
        role=role,
        region=region,
        idempotency_key=key,
        digest=msgspec.json.encode(family),
        command=ProposeHousehold(household=family),
        found=found,
    )


def accepted(outcome: CommandOutcome) -> CommandAccepted:
    assert isinstance(outcome, CommandAccepted)
    return outcome


def refused_as(outcome: CommandOutcome) -> list[str]:
    assert isinstance(outcome, CommandRefused)
    return [fault.code for fault in outcome.faults]


def test_a_proposal_stands_in_the_register_and_says_where(parts: Parts, commands: Commands) -> None:
    outcome = accepted(commands.decide(asked()))
    (first, proposed), (second, matched) = parts.facts()
    assert isinstance(proposed, Proposed)
    assert isinstance(matched, IdentityMatched)
    assert [(e.event_id, e.shard, e.pos) for e in outcome.events] == [
        (event.event_id, event.shard, event.pos) for event in (first, second)
    ]
    assert (outcome.household_id, outcome.version) == (proposed.household_id, 2)
    assert (proposed.regency, proposed.occurred_on, proposed.origin) == ("3318", date(2026, 4, 1), None)
    assert {first.actor, second.actor} == {"user:clerk"}
    command_id = ids.command_id("user:clerk", "a key")
    assert {first.correlation_id, second.correlation_id} == {command_id}
    assert {first.causation_id, second.causation_id} == {ids.request_id(command_id, asked().digest)}
    assert set(parts.claims().values()) == {outcome.household_id}
    assert len(parts.claims()) == len(proposed.members)


def test_the_same_key_is_answered_the_same_and_nothing_happens_twice(parts: Parts, commands: Commands) -> None:
    first = commands.decide(asked())
    assert commands.decide(asked()) == first
    assert commands.decide(msgspec.structs.replace(asked(), found=(Fault("deceased"),))) == first
    assert len(parts.facts()) == 2
    assert commands.answered(KeyRequest(actor="user:clerk", idempotency_key="a key", digest=asked().digest)) == first


def test_one_key_for_two_contents_is_refused_and_the_first_answer_stays(parts: Parts, commands: Commands) -> None:
    first = commands.decide(asked(1))
    assert commands.decide(asked(2)) == KEY_REUSED
    assert commands.decide(asked(1)) == first
    assert len(parts.facts()) == 2


def test_keys_of_two_people_have_nothing_to_do_with_each_other(parts: Parts, commands: Commands) -> None:
    first = accepted(commands.decide(asked(1)))
    second = accepted(commands.decide(asked(2, actor="user:other")))
    assert first.household_id != second.household_id


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (asked(role="village_head"), "role_forbidden"),
        (asked(role=""), "role_forbidden"),
        (asked(region="3318042008"), "region_forbidden"),
        (asked(region="3319"), "region_forbidden"),
        (asked(region="3319", found=(Fault("name_missing"),)), "region_forbidden"),
        (asked(region="3319", found=(Fault("region_unknown"),)), "region_unknown"),
        (asked(role="agency", found=(Fault("region_unknown"),)), "role_forbidden"),
        (asked(found=(Fault("deceased", "household.members.0.nik"),)), "deceased"),
        (asked(niks=[a_nik(1), a_nik(1)]), "member_repeated"),
    ],
)
def test_a_refusal_leaves_nothing_and_stays_what_it_was(
    parts: Parts, commands: Commands, given: CommandRequest, code: str
) -> None:
    assert refused_as(commands.decide(given)) == [code]
    assert parts.facts() == []
    assert parts.claims() == {}
    # Whatever has changed since: this key was answered.
    assert refused_as(commands.decide(msgspec.structs.replace(asked(), digest=given.digest))) == [code]
    assert parts.facts() == []


@pytest.mark.parametrize("village", ["", "9900000000", "３３１８０４２００７"])
def test_a_village_in_no_province_is_refused_and_the_refusal_stays(
    parts: Parts, commands: Commands, village: str
) -> None:
    given = asked(found=(Fault("region_unknown", "household.village"),))
    nowhere = msgspec.structs.replace(a_family(1, None), village=village)
    given = msgspec.structs.replace(given, command=ProposeHousehold(household=nowhere))
    assert refused_as(commands.decide(given)) == refused_as(commands.decide(given)) == ["region_unknown"]
    assert parts.facts() == []


def test_who_acts_for_a_region_acts_for_every_village_in_it(commands: Commands) -> None:
    for row, region in enumerate(("", "33", "3318", "331804", "3318042007")):
        accepted(commands.decide(asked(row, key=region or "nation", region=region, role="social_office")))


def test_a_nik_that_another_household_holds_is_refused_with_its_holder(parts: Parts, commands: Commands) -> None:
    parts.decide(parts.intake.household(1))
    (holder,) = set(parts.claims().values())
    outcome = commands.decide(asked(9, niks=[a_nik(900), a_nik(4)]))
    assert isinstance(outcome, CommandRefused)
    assert outcome.faults == (Fault("duplicate_in_register", "household.members.1.nik"),)
    assert outcome.holder == holder
    assert set(parts.claims().values()) == {holder}


def test_a_family_without_any_nik_claims_nothing(parts: Parts, commands: Commands) -> None:
    accepted(commands.decide(asked(niks=[None, None])))
    assert parts.claims() == {}


def test_many_who_send_one_command_at_once_get_one_answer(parts: Parts, commands: Commands) -> None:
    outcomes = at_once([lambda: commands.decide(asked())] * 8)
    assert len(set(map(msgspec.json.encode, outcomes))) == 1
    assert len(parts.facts()) == 2


def test_of_many_who_propose_one_person_at_once_one_holds_the_nik(parts: Parts, commands: Commands) -> None:
    requests = [asked(n, key=str(uuid4()), niks=[a_nik(7), a_nik(100 + n)]) for n in range(8)]
    outcomes = at_once([partial(commands.decide, request) for request in requests])
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, CommandAccepted)]
    for outcome in outcomes:
        if isinstance(outcome, CommandRefused):
            assert refused_as(outcome) == ["duplicate_in_register"]
            assert outcome.holder == winner.household_id
    assert set(parts.claims().values()) == {winner.household_id}


def set_back(owner_url: str, *, events_from: int) -> None:
    """The store as a restore leaves it once it has taken back from Kafka all events before version `events_from`."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("DELETE FROM command")
        lost = owner.execute(
            "DELETE FROM log_household_events_v1 WHERE version >= %s RETURNING shard, pos", [events_from]
        ).fetchall()
        for shard, pos in lost:
            owner.execute(
                "UPDATE log_head SET pos = %s WHERE topic = 'household.events.v1' AND shard = %s", [pos - 1, shard]
            )


def test_an_answer_lost_in_a_restore_is_found_again_in_the_events(
    parts: Parts, commands: Commands, household_urls: tuple[str, str]
) -> None:
    outcome = commands.decide(asked())
    set_back(household_urls[1], events_from=3)
    assert commands.decide(asked()) == outcome
    assert len(parts.facts()) == 2


def test_what_a_restore_lost_of_a_decision_is_appended_again(
    parts: Parts, commands: Commands, household_urls: tuple[str, str]
) -> None:
    outcome = commands.decide(asked())
    set_back(household_urls[1], events_from=2)
    assert commands.decide(asked()) == outcome
    assert [type(data) for _, data in parts.facts()] == [Proposed, IdentityMatched]


def test_after_a_restore_too_one_key_is_for_one_content(
    parts: Parts, commands: Commands, household_urls: tuple[str, str]
) -> None:
    outcome = commands.decide(asked(1))
    set_back(household_urls[1], events_from=3)
    assert commands.decide(asked(2)) == KEY_REUSED
    assert commands.decide(asked(1)) == outcome


def test_of_whom_registers_were_asked_stands_beside_the_answer(parts: Parts, commands: Commands) -> None:
    about = bytes(range(32))
    commands.decide(msgspec.structs.replace(asked(found=(Fault("deceased"),)), asked_about=about))
    with parts.database.transaction() as connection:
        assert connection.execute("SELECT actor, asked_about FROM command").fetchall() == [("user:clerk", about)]


def at_once(calls: Sequence[Callable[[], CommandOutcome]]) -> list[CommandOutcome]:
    outcomes: list[CommandOutcome] = []
    together = threading.Barrier(len(calls))

    def run(call: Callable[[], CommandOutcome]) -> None:
        together.wait()
        outcomes.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(calls)
    return outcomes
