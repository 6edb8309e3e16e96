"""Facts and policies in a real PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts
from padan_eligibility.facts import repository, told
from padan_eligibility.facts.folding import Member, UnreadableEventError, fold, open_answers, open_members
from padan_eligibility.facts.repository import UnknownHouseholdError
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import PolicyAlteredError, publish
from padan_events import Event, encode, type_of
from padan_events.corrections import ConflictResolved, IdentityUnmatched
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.effects import HouseholdFact
from padan_events.evidence import Geotagged
from padan_events.household import IdentityMatched
from padan_events.personal import Agreement, Circumstances, Disability, PersonSensitive, Sex, Source
from padan_events.recipients import ProgrammeProposed, Resigned
from padan_events.rounds import RoundClosed, stream_of
from padan_runtime.database import Database
from padan_runtime.keys import SubjectKeys
from psycopg import Connection
from register_peer import RegisterPeer


@pytest.fixture
def database(make_database: MakeDatabase) -> Iterator[Database]:
    opened = Database(make_database("eligibility").url, name="test")
    opened.open()
    yield opened
    opened.close()


def a_member(household_id: UUID, seq: int, born: date) -> Member:
    return Member(household_id, seq, PersonFacts(person_id=UUID(int=7), birth_date=born))


@pytest.mark.parametrize("sides", [(1, 2), (2, 1)])
def test_a_person_belongs_to_the_household_joined_last_whichever_side_is_seen_first(
    database: Database, sides: tuple[int, int]
) -> None:
    register = RegisterPeer()
    homes = {seq: register.propose(seq, [])[0] for seq in (1, 2)}
    for number, seq in enumerate(sides):
        with database.transaction() as connection:
            event = register.propose(10 + number, [])[1]
            change = msgspec.structs.replace(fold([event]).popitem()[1], household_id=homes[seq])
            repository.write_households(connection, [change])
            repository.write_members(connection, [a_member(homes[seq], seq, date(2000 + seq, 1, 1))])
    with database.transaction() as connection:
        facts = repository.read_facts(connection, list(homes.values()))
    assert facts[homes[1]].persons == ()
    assert facts[homes[2]].persons == (PersonFacts(person_id=UUID(int=7), birth_date=date(2002, 1, 1)),)


def test_within_a_batch_too_the_last_household_joined_counts(database: Database) -> None:
    register = RegisterPeer()
    old, new = (register.propose(number, []) for number in (1, 2))
    with database.transaction() as connection:
        repository.write_households(connection, fold([old[1], new[1]]).values())
        repository.write_members(
            connection, [a_member(new[0], 2, date(2002, 1, 1)), a_member(old[0], 1, date(2001, 1, 1))]
        )
        facts = repository.read_facts(connection, [old[0], new[0]])
    assert [len(facts[household].persons) for household in (old[0], new[0])] == [0, 1]


def test_a_ranking_of_a_household_never_proposed_is_an_error_not_a_fact(database: Database) -> None:
    register = RegisterPeer()
    with pytest.raises(UnknownHouseholdError), database.transaction() as connection:
        repository.write_households(connection, fold([register.rank(UUID(int=5), 3)]).values())


def test_a_batch_is_folded_by_household_up_to_the_last_event_that_changes_a_fact() -> None:
    register = RegisterPeer()
    household_id, proposed = register.propose(1, [PersonSensitive()])
    ranked, matched = register.rank(household_id, 3), register.match(household_id)
    geotagged = register.happened(Geotagged(household_id=household_id, regency="3318", position=b"sealed"))
    changes = fold([proposed, ranked, matched, geotagged])
    assert list(changes) == [household_id]
    assert (changes[household_id].event, changes[household_id].decile) == (matched, 3)
    assert changes[household_id].effective == ranked.pos
    assert len(changes[household_id].members) == 1
    assert fold([geotagged]) == {}


def test_programmes_and_matches_are_folded_over_batches_as_over_one(database: Database) -> None:
    register = RegisterPeer()
    household_id, proposed = register.propose(1, [PersonSensitive(), PersonSensitive()])
    of: dict[str, Any] = {"household_id": household_id, "regency": "3318"}
    head = uuid5(household_id, "person:0")
    asked: dict[str, Any] = {
        **of, "person_id": head, "civil_status": "active", "agreement": Agreement(nik=True),
        "matched_at": "2026-03-01T17:00:00Z", "request_id": "r1",
    }  # fmt: skip
    day = date(2026, 3, 1)
    steps: list[tuple[HouseholdFact, tuple[str, ...], bool | None]] = [
        (ProgrammeProposed(**of, programme="pkh", occurred_on=day), ("pkh",), None),
        (ProgrammeProposed(**of, programme="bst", occurred_on=day), ("bst", "pkh"), None),
        (ConflictResolved(**of, person_id=head, field="name", kept=Source.OPERATOR), ("bst", "pkh"), None),
        (IdentityUnmatched(**asked, conflicts=("birth_date", "name")), ("bst", "pkh"), False),
        (Resigned(**of, programmes=("pkh",)), ("bst", "pkh"), False),
        (ConflictResolved(**of, person_id=head, field="name", kept=Source.OPERATOR), ("bst", "pkh"), False),
        (Resigned(**of, programmes=("pkh",), confirmed_on=day), ("bst",), False),
        (ConflictResolved(**of, person_id=head, field="birth_date", kept=Source.OPERATOR), ("bst",), True),
        (IdentityUnmatched(**asked, conflicts=("name",)), ("bst",), False),
        (IdentityMatched(**asked), ("bst",), True),
        (ProgrammeProposed(**of, programme="pkh", occurred_on=day), ("bst", "pkh"), True),
        (Resigned(**of, confirmed_on=day), (), True),
        (ProgrammeProposed(**of, programme="rice", occurred_on=day), ("rice",), True),
    ]
    keys = {subject: SubjectKeys(subject, sensitive=key) for subject, key in register.keys[household_id].items()}

    def after(connection: Connection[Any], events: Sequence[Event]) -> HouseholdFacts:
        change = fold(events)[household_id]
        repository.write_households(connection, [change])
        repository.write_persons(connection, open_members(change, keys), [change])
        told.write(connection, {household_id: change.told})
        return repository.read_facts(connection, [household_id])[household_id]

    def seen(facts: HouseholdFacts) -> tuple[tuple[str, ...], bool | None]:
        by_id = {person.person_id: person.identity_agrees for person in facts.persons}
        agrees = by_id.pop(head)
        assert set(by_id.values()) == {None}, "of somebody else nothing was asked"
        return facts.proposed_for, agrees

    events = [register.happened(data) for data, _, _ in steps]
    for number, (_, programmes, agrees) in enumerate(steps):
        with database.transaction() as connection:
            assert seen(after(connection, [proposed, *events[: number + 1]])) == (programmes, agrees), "in one batch"
            connection.execute("DELETE FROM household_fact")
            connection.execute("DELETE FROM person_fact")
    with database.transaction() as connection:
        after(connection, [proposed])
        for event, (_, programmes, agrees) in zip(events, steps, strict=True):
            assert seen(after(connection, [event])) == (programmes, agrees), "one by one"
        position = connection.execute("SELECT pos FROM household_fact").fetchone()
        assert position == (proposed.pos,), "none of them has effects"


def test_what_a_visit_found_and_a_member_s_facts_are_kept_until_they_are_told_anew(database: Database) -> None:
    register = RegisterPeer()
    member = PersonSensitive(sex=Sex.FEMALE, disabilities=(Disability.MENTAL, Disability.SENSORY))
    household_id, proposed = register.propose(1, [member])
    keys = {subject: SubjectKeys(subject, sensitive=key) for subject, key in register.keys[household_id].items()}
    first, second = (
        Circumstances(
            criteria_2022=dict.fromkeys(Criterion2022, answer), criteria_bps=dict.fromkeys(CriterionBps, Answer.UNKNOWN)
        )
        for answer in (Answer.YES, Answer.NO)
    )

    def after(*events: Event) -> HouseholdFacts:
        change = fold(events)[household_id]
        change.circumstances = open_answers(change, keys)
        with database.transaction() as connection:
            repository.write_households(connection, [change])
            repository.write_members(connection, open_members(change, keys))
            return repository.read_facts(connection, [household_id])[household_id]

    before = after(proposed)
    assert before.circumstances is None
    assert (before.persons[0].sex, before.persons[0].disabilities) == (member.sex, member.disabilities)
    assert after(register.assess(household_id, first)).circumstances == first
    assert after(register.rank(household_id, 3)).circumstances == first
    assert after(register.assess(household_id, first), register.assess(household_id, second)).circumstances == second
    keys[household_id] = SubjectKeys(household_id, sensitive=None)  # erased: nothing of it can be read any more
    assert open_answers(fold([register.assess(household_id, first)])[household_id], keys) is None


def test_an_event_of_a_village_is_of_no_household() -> None:
    register = RegisterPeer()
    household_id, proposed = register.propose(1, [])
    closed = RoundClosed(village="3318042007", month="2026-01")
    of_village = msgspec.structs.replace(
        proposed, key=str(stream_of(closed.village)), type=type_of(closed).name, value=encode(closed)
    )
    assert list(fold([of_village, proposed, of_village])) == [household_id]


def test_an_event_of_another_topic_is_unreadable() -> None:
    register = RegisterPeer()
    _, proposed = register.propose(1, [])
    foreign = msgspec.structs.replace(
        proposed,
        type="id.padan.registry.ranking_reported.v1",
        value=b'{"household_id":"6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01","decile":1,"occurred_on":"2026-01-01",'
        b'"origin":{"batch_id":"6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01","row":1}}',
    )
    with pytest.raises(UnreadableEventError):
        fold([foreign])
    with pytest.raises(msgspec.ValidationError):
        fold([msgspec.structs.replace(proposed, value=b"{}")])


def test_policies_are_published_once_and_never_altered(database: Database) -> None:
    policies = packaged()
    assert publish(database, policies) == len(policies)
    assert publish(database, policies) == 0
    dearer = msgspec.structs.replace(policies[0], source="another source")
    with pytest.raises(PolicyAlteredError, match=r"bst 2020\.1"):
        publish(database, [dearer])


def test_a_new_version_takes_effect_on_its_date(database: Database) -> None:
    policies = PolicySet(database)
    assert not policies.ready
    first = [policy for policy in packaged() if policy.programme in {"pkh", "sembako"}]
    later = msgspec.structs.replace(first[0], version="2026.1", effective_from=date(2026, 7, 1))
    publish(database, first)
    policies.refresh()
    assert policies.ready
    publish(database, [later])
    policies.refresh()
    assert [p.version for p in policies.in_force(date(2026, 6, 30))] == ["2025.1", "2025.1"]
    assert [p.version for p in policies.in_force(date(2026, 7, 1))] == ["2026.1", "2025.1"]
    assert policies.in_force(date(2024, 12, 31)) == []
