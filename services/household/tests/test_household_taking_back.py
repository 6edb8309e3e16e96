"""A store that was set back takes back what Kafka knows before it writes. The keyring is kept: it is another database
with backups of its own."""

import asyncio
import os
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import padan_events
import psycopg
import pytest
from household_desk import OFFICE, VILLAGE, Desk, cases
from household_given import Parts, a_family, a_nik, household_id
from kafka_peer import send, until
from padan_cli.platform import Platform
from padan_events import Event, decode, shard_of
from padan_events.commands import Command
from padan_events.commands.cases import ReturnCases
from padan_events.commands.duplicates import MergeMembers
from padan_events.commands.families import Joining, SplitHousehold, TransferMembers
from padan_events.commands.rounds import OpenRounds
from padan_events.families import TransferReason
from padan_events.household import Proposed
from padan_events.intake import Accepted, Refused
from padan_events.personal import Relationship
from padan_events.states import State
from padan_events.tiers import ReturnReason
from padan_events.topics import HOUSEHOLD_EVENTS, OUTCOMES
from padan_household.domain import ids
from padan_household.taking_back import take_back as module
from padan_household.taking_back.take_back import StoreDivergedError, TakingBack
from padan_runtime.beyond import read_tails
from padan_runtime.database import Database
from padan_runtime.log import table_of
from psycopg import sql

TOPICS = (HOUSEHOLD_EVENTS.name, OUTCOMES.name)


class Restorable:
    """The store's database with one backup, as `CREATE DATABASE ... TEMPLATE` copies it file by file."""

    def __init__(self, platform: Platform, database: Database) -> None:
        self._server, self._database = platform.database_url("postgres", "padan"), database
        self._name = database.url.rpartition("/")[2]

    def _alone(self, *statements: str) -> None:
        names = {"live": sql.Identifier(self._name), "backup": sql.Identifier(f"{self._name}_backup")}
        self._database.close()
        with psycopg.connect(self._server, autocommit=True) as server:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name])
            for statement in statements:
                server.execute(sql.SQL(statement).format(**names))

    def reopened(self) -> Database:
        opened = Database(self._database.url, name="household-test", size=16)
        opened.open()
        self._database = opened
        return opened

    def back_up(self) -> Database:
        self._alone("CREATE DATABASE {backup} TEMPLATE {live} OWNER household_owner")
        return self.reopened()

    def restore(self) -> Database:
        self._alone("DROP DATABASE {live} WITH (FORCE)", "ALTER DATABASE {backup} RENAME TO {live}")
        return self.reopened()

    def close(self) -> None:
        self._alone("DROP DATABASE IF EXISTS {backup}")


@pytest.fixture
def restorable(platform: Platform, database: Database) -> Iterator[Restorable]:
    made = Restorable(platform, database)
    yield made
    made.close()


def content(database: Database) -> dict[str, Any]:
    """Everything that must be as it was."""
    with database.transaction() as connection:
        logs = {
            topic: connection.execute(f"SELECT * FROM {table_of(topic)} ORDER BY shard, pos".encode()).fetchall()
            for topic in TOPICS
        }
        claims = connection.execute("SELECT * FROM person_claim ORDER BY nik_hash").fetchall()
        dead = connection.execute("SELECT * FROM person_death ORDER BY 1, 2").fetchall()
        heads = connection.execute("SELECT topic, shard, pos FROM log_head ORDER BY 1, 2").fetchall()
        recipients = connection.execute("SELECT * FROM recipient ORDER BY 1").fetchall()
        deadlines = connection.execute("SELECT * FROM deadline ORDER BY 1, 2").fetchall()
    return {**logs, "claims": claims, "dead": dead, "heads": heads, "recipients": recipients, "deadlines": deadlines}


class Story:
    """Families before and after the backup; what came after is on Kafka."""

    def __init__(self, restorable: Restorable, database: Database, keyring_database: Database, kafka: str) -> None:
        self._restorable, self._keyring_database, self.kafka = restorable, keyring_database, kafka
        self._encryption_key = os.urandom(32)
        self.parts = Parts(database, keyring_database, self._encryption_key)
        self.early = [self.parts.intake.household(row) for row in range(30)]
        self.parts.decide(*self.early)
        self._reopen(restorable.back_up())
        intake = self.parts.intake
        self.late = [intake.household(row) for row in range(30, 90)] + [intake.ranking(row, 3) for row in range(10)]
        self.late.append(intake.household(90, a_family(31)))  # refused: family 31 holds these numbers
        self.parts.decide(*self.late)
        self.before = content(self.parts.database)

    def _reopen(self, database: Database) -> None:
        intake = self.parts.intake
        self.parts = Parts(database, self._keyring_database, self._encryption_key)
        self.parts.intake = intake

    def all(self) -> list[Event]:
        return [event for topic in TOPICS for event in self.parts.read(topic)]

    def restore(self) -> None:
        self._reopen(self._restorable.restore())

    def taking_back(self) -> TakingBack:
        return TakingBack(self.parts.database, self.parts.register, self.parts.keyring, self.kafka)

    def take_back(self) -> int:
        return asyncio.run(self.taking_back().take_back())

    def close(self) -> None:
        self.parts.database.close()


@pytest.fixture
def story(restorable: Restorable, database: Database, keyring_database: Database, fresh_topics: str) -> Iterator[Story]:
    made = Story(restorable, database, keyring_database, fresh_topics)
    yield made
    made.close()


def test_everything_comes_back_as_it_was_however_often_it_is_interrupted(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = story.all()
    # With repeats, as relays leave them.
    asyncio.run(send(story.kafka, [*lost[:50], *lost[20:], *lost[-5:]]))
    assert story.take_back() == 0, "a store that was not set back"
    story.restore()
    assert content(story.parts.database) != story.before

    monkeypatch.setattr(module, "_AT_ONCE", 2)
    put_back, left = TakingBack._put_back, [0]

    def killed(self: TakingBack, run: Any) -> int:
        left[0] += 1
        if left[0] % 7 == 0:
            raise KeyboardInterrupt
        return put_back(self, run)

    monkeypatch.setattr(TakingBack, "_put_back", killed)
    interrupted = 0
    while True:
        try:
            story.take_back()
            break
        except KeyboardInterrupt:
            interrupted += 1
    assert interrupted > 3
    assert content(story.parts.database) == story.before

    # The intake's place was set back, too: the same reports come again, and then new ones.
    story.parts.decide(*story.late)
    assert content(story.parts.database) == story.before
    story.parts.decide(story.parts.intake.household(91), story.parts.intake.household(92, a_family(40)))
    events = [event for event, _ in story.parts.facts()]
    for shard in range(24):
        positions = [event.pos for event in events if event.shard == shard]
        assert positions == list(range(1, len(positions) + 1))
    assert len(story.parts.outcomes()) == 30 + len(story.late) + 2


def test_reports_whose_outcome_alone_reached_kafka_are_decided_again(story: Story) -> None:
    lost = story.all()
    early_heads = dict.fromkeys(range(24), 0)
    story.restore()
    for event in story.parts.read(HOUSEHOLD_EVENTS.name):
        early_heads[event.shard] = event.pos
    # Of household.events.v1 the last half of what came after the backup had not been sent.
    reached = {
        shard: early_heads[shard]
        + sum(e.shard == shard and e.topic == HOUSEHOLD_EVENTS.name and e.pos > early_heads[shard] for e in lost) // 2
        for shard in early_heads
    }
    asyncio.run(send(story.kafka, [e for e in lost if e.topic == OUTCOMES.name or e.pos <= reached[e.shard]]))
    assert story.take_back() > 0
    story.parts.decide(*story.late)
    after = content(story.parts.database)
    assert after["claims"] == story.before["claims"]
    assert after["heads"] == story.before["heads"]
    assert after[OUTCOMES.name] == story.before[OUTCOMES.name]
    key, version, value = 4, 5, 10
    assert {(row[key], row[version], row[3]) for row in after[HOUSEHOLD_EVENTS.name]} == {
        (row[key], row[version], row[3]) for row in story.before[HOUSEHOLD_EVENTS.name]
    }
    assert len(after[HOUSEHOLD_EVENTS.name][0]) > value
    assert story.take_back() == 0
    with story.parts.database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM outcome_without_events").fetchone() == (0,)


def test_rounds_of_villages_come_back_with_the_households_and_what_follows_from_them(story: Story) -> None:
    opening = OpenRounds(region=VILLAGE, month="2026-03", villages=(VILLAGE,))
    desk = Desk(story.parts)
    assert desk.codes(desk.send(opening, OFFICE)) == ["accepted"]
    recipient, returned = desk.recipient(200), desk.propose(201)
    desk.deliberate(returned)
    for household in (recipient, returned):
        child = list(desk.household(household).members)[1]
        part = SplitHousehold(household_id=household, members=(Joining(child, Relationship.HEAD),), caretaker=child)
        assert desk.codes(desk.send(part, ("village_operator", VILLAGE))) == ["accepted"]
    (parted,) = (
        UUID(event.key)
        for event in desk.parts.read(HOUSEHOLD_EVENTS.name)
        if isinstance(data := decode(event.type, event.value), Proposed)
        and data.split_from is not None
        and data.split_from.household_id == returned
    )
    back = ReturnCases(cases=cases(parted), to=State.PROPOSED, reasons=(ReturnReason.OTHER,), note="kurang")
    assert desk.codes(desk.send(back, ("facilitator", VILLAGE))) == ["accepted"]
    dying = list(desk.household(recipient).members)[-1]
    story.parts.decide(story.parts.intake.death(recipient, dying, date(2026, 3, 1)))
    before, lost = content(story.parts.database), story.all()
    assert (len(before["recipients"]), len(before["deadlines"]), len(before["dead"])) == (2, 1, 1)
    story.restore()
    asyncio.run(send(story.kafka, lost))
    assert story.take_back() > 0
    assert content(story.parts.database) == before
    desk = Desk(story.parts)
    assert desk.codes(desk.send(opening, OFFICE)) == ["round_open"]


def test_a_store_that_has_given_positions_out_again_is_refused(story: Story) -> None:
    asyncio.run(send(story.kafka, story.all()))
    story.restore()
    # As if somebody had written before anything was taken back.
    shard = story.late[0].shard
    row = next(row for row in range(200, 400) if shard_of(str(story.parts.intake.household(row).key)) == shard)
    story.parts.decide(story.parts.intake.household(row))
    taken = content(story.parts.database)
    with pytest.raises(StoreDivergedError, match=f"/{shard}: position"):
        story.take_back()
    assert content(story.parts.database) == taken, "nothing was written"


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("side", ["joined", "left"])
def test_a_transfer_of_which_one_side_alone_reached_kafka_is_told_before_anything_is_written(
    restorable: Restorable, database: Database, keyring_database: Database, fresh_topics: str, side: str, merged: bool
) -> None:
    key = os.urandom(32)
    desk = Desk(Parts(database, keyring_database, key))
    origin = desk.propose(1)
    homes = (desk.propose(row, [a_nik(4 * row), None]) for row in range(2, 20))
    to = next(home for home in homes if shard_of(str(home)) != shard_of(str(origin)))
    desk = Desk(Parts(restorable.back_up(), keyring_database, key))
    bride = list(desk.household(origin).members)[1]
    joining = (Joining(bride, Relationship.WIFE),)
    command: Command = TransferMembers(household_id=to, origin=origin, members=joining, reason=TransferReason.MARRIAGE)
    if merged:  # as if she had been recorded in both
        kept = list(desk.household(to).members)[1]
        command = MergeMembers(household_id=to, person_id=kept, duplicate_in=origin, duplicate=bride)
    assert desk.codes(desk.send(command, OFFICE)) == ["accepted"]
    events, whole = desk.parts.read(HOUSEHOLD_EVENTS.name), content(desk.parts.database)
    reached, lost = (to, origin) if side == "joined" else (origin, to)
    restored = Parts(restorable.restore(), keyring_database, key)
    before = content(restored.database)
    taking_back = TakingBack(restored.database, restored.register, restored.keyring, fresh_topics)
    asyncio.run(send(fresh_topics, [event for event in events if event.shard == shard_of(str(reached))]))
    with pytest.raises(StoreDivergedError, match=str(lost)):
        asyncio.run(taking_back.take_back())
    assert content(restored.database) == before, "nothing was written"
    asyncio.run(send(fresh_topics, [event for event in events if event.shard != shard_of(str(reached))]))
    assert asyncio.run(taking_back.take_back()) == 2
    assert content(restored.database) == whole
    restored.database.close()


def test_who_was_accepted_and_cannot_be_again_is_told(story: Story) -> None:
    lost = story.all()
    story.restore()
    # The outcomes had reached Kafka, the events had not; and others of the same numbers come first now.
    asyncio.run(send(story.kafka, [event for event in lost if event.topic == OUTCOMES.name]))
    assert story.take_back() > 0
    accepted = story.late[1]  # family 31, whose numbers report 90 has, too
    for _ in range(2):
        story.parts.decide(story.parts.intake.household(91, a_family(31)))
        story.parts.decide(accepted)
    read = [padan_events.decode(event.type, event.value) for event in story.parts.read(OUTCOMES.name)]
    told = [one for one in read if isinstance(one, Accepted | Refused) and one.report_id == accepted.event_id]
    assert [type(outcome) for outcome in told] == [Accepted, Refused]
    assert isinstance(told[1], Refused)
    assert told[1].code == "duplicate_in_register"


def test_positions_that_somebody_took_meanwhile_are_not_passed_over(story: Story) -> None:
    asyncio.run(send(story.kafka, story.all()))
    story.restore()
    tails = asyncio.run(read_tails(story.kafka, TOPICS, story.taking_back()._heads))
    shard = story.late[0].shard
    row = next(row for row in range(200, 400) if shard_of(str(story.parts.intake.household(row).key)) == shard)
    story.parts.decide(story.parts.intake.household(row))  # after the comparison, before the putting back
    beyond = tails[HOUSEHOLD_EVENTS.name, shard].beyond
    with pytest.raises(StoreDivergedError, match=f"/{shard}: position {min(beyond)}"):
        story.taking_back()._put_back([beyond[pos] for pos in sorted(beyond)])


def test_a_keyring_that_lacks_keys_is_not_one_of_erased_people(story: Story, keyring_database: Database) -> None:
    asyncio.run(send(story.kafka, story.all()))
    story.restore()
    early = content(story.parts.database)
    person = ids.person_id(household_id(31), 0)
    with keyring_database.transaction() as connection:
        lost = connection.execute("DELETE FROM subject_key WHERE subject_id = %s RETURNING *", [person]).fetchone()
    assert lost is not None
    with pytest.raises(StoreDivergedError, match=f"no keys for {person}"):
        story.take_back()
    claims = content(story.parts.database)["claims"]
    assert all(claim in story.before["claims"] for claim in claims)
    # Erased instead: everything comes back but this one's claim.
    with keyring_database.transaction() as connection:
        connection.execute("INSERT INTO subject_key VALUES (%s, %s, NULL, NULL)", [lost[0], lost[1]])
    assert story.take_back() > 0
    after = content(story.parts.database)
    assert len(after["claims"]) == len(story.before["claims"]) - 1 > len(early["claims"])
    assert {**after, "claims": None} == {**story.before, "claims": None}


async def test_nothing_is_written_before_the_store_is_whole(
    database: Database, keyring_database: Database, fresh_topics: str
) -> None:
    parts = Parts(database, keyring_database, os.urandom(32))
    away = TakingBack(database, parts.register, parts.keyring, "127.0.0.1:9")  # nothing listens there
    begun, stop = asyncio.Event(), asyncio.Event()

    async def writer(stopped: asyncio.Event) -> None:
        begun.set()
        await stopped.wait()

    tasks = asyncio.gather(away.run(stop), away.before(writer)(stop))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(begun.wait(), 3)
    stop.set()
    await tasks
    assert not away.whole.is_set()

    stop = asyncio.Event()
    near = TakingBack(database, parts.register, parts.keyring, fresh_topics)
    tasks = asyncio.gather(near.run(stop), near.before(writer)(stop))
    await until(begun.is_set)
    stop.set()
    await tasks
