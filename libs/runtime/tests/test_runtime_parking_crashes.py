"""A reader that dies between any two steps of parking and of trying again: nothing is lost, nothing done twice."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from kafka_peer import an_event, make_topic, running, send, until
from padan_runtime import positions
from padan_runtime.assignment import Assignment
from padan_runtime.database import Database
from padan_runtime.parking import operators, repository
from parking_given import Reading, actions, failing, make_parked_log, parked, rows
from recording_reader import Recording, a_projector, seen


class DiedError(BaseException):
    """The process is gone at this point: whatever was not committed is rolled back, whatever was in memory is lost."""


PARKING = [
    (repository, "park", "before"),
    (repository, "park", "after"),
    (positions, "move", "before"),
    (positions, "move", "after"),
    (Assignment, "moved", "before"),
    (Assignment, "block", "before"),
]
RETRYING = [
    (repository, "take_out", "before"),
    (repository, "take_out", "after"),
    (repository, "still_blocked", "before"),
    (Assignment, "unblock", "before"),
]
DROPPING = [
    (repository, "take_out", "after"),
    (Recording, "dropped", "after"),
    (repository, "retry_next", "after"),
    (Assignment, "unblock", "before"),
]


def name(value: object) -> str:
    return getattr(value, "__name__", str(value)).rsplit(".", 1)[-1]


def spoilt() -> Recording:
    return failing(b"bad")


def dies(monkeypatch: pytest.MonkeyPatch, where: object, step: str, when: str, *, skip: int = 0) -> None:
    real: Callable[..., Any] = getattr(where, step)
    left = [skip]

    def dying(*arguments: Any, **named: Any) -> Any:
        if when == "before" and left[0] == 0:
            raise DiedError
        result = real(*arguments, **named)
        if left[0] == 0:
            raise DiedError
        left[0] -= 1
        return result

    monkeypatch.setattr(where, step, dying)


async def given(database: Database, kafka: str, owner_url: str) -> Any:
    """Three events: one that fails, one behind it, one of somebody else; answers their topic."""
    topic = await make_topic(kafka)
    make_parked_log(owner_url, topic)
    told = [("a", b"bad"), ("a", b"behind"), ("b", b"good")]
    await send(kafka, [an_event(topic, 4, pos, key=key, value=value) for pos, (key, value) in enumerate(told, 1)])
    return topic


def copies(database: Database) -> int:
    """How many copies were appended for the relay."""
    return int(rows(database, "SELECT sum(pos) FROM log_head")[0][0])


@pytest.mark.parametrize(("where", "step", "when"), PARKING, ids=name)
async def test_a_reader_that_dies_while_it_parks(
    where: object,
    step: str,
    when: str,
    reading: Reading,
    kafka_bootstrap: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database, owner_url = reading
    topic = await given(database, kafka_bootstrap, owner_url)
    with monkeypatch.context() as dying:
        dies(dying, where, step, when)
        with pytest.raises(DiedError):
            await asyncio.wait_for(a_projector(database, kafka_bootstrap, topic, spoilt()).run(asyncio.Event()), 60)
    async with running(a_projector(database, kafka_bootstrap, topic, spoilt()).run):
        await until(lambda: seen(database, 4) == [3])
        await until(lambda: parked(database) == [(4, 1, "a", "handler_failed"), (4, 2, "a", "behind")])
    assert copies(database) == 2


async def test_a_record_without_envelope_is_parked_with_the_move_that_passes_it(
    reading: Reading, kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies between two events that are settled one by one, and the reader dies when the second one is."""
    database, topic = reading.database, await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 4, 1, key="a", value=b"bad")])
    await send(kafka_bootstrap, [an_event(topic, 4, 9)], without="ce_pos")
    await send(kafka_bootstrap, [an_event(topic, 4, 2, key="b", value=b"good")])
    with monkeypatch.context() as dying:
        dies(dying, Assignment, "moved", "before", skip=1)
        with pytest.raises(DiedError):
            await asyncio.wait_for(a_projector(database, kafka_bootstrap, topic, spoilt()).run(asyncio.Event()), 60)
    assert seen(database, 4) == [2]
    assert parked(database) == [(4, 1, "a", "handler_failed"), (4, None, "k4", "not_an_event")]


@pytest.mark.parametrize(
    ("what", "where", "step", "when"),
    [("retry", *point) for point in RETRYING] + [("drop", *point) for point in DROPPING],
    ids=name,
)
async def test_a_reader_that_dies_while_it_takes_up_what_is_parked(
    what: str,
    where: object,
    step: str,
    when: str,
    reading: Reading,
    kafka_bootstrap: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database, owner_url = reading
    topic = await given(database, kafka_bootstrap, owner_url)
    async with running(a_projector(database, kafka_bootstrap, topic, spoilt()).run):
        await until(lambda: len(parked(database)) == 2)
        await until(lambda: seen(database, 4) == [3])
    with database.transaction() as connection:
        first = next(row for row in operators.listing(connection) if row.pos == 1)
        if what == "retry":
            operators.ask_retry(connection, [first.parked_id], actor="rina")
        else:
            operators.ask_drop(connection, first.parked_id, actor="rina", reason="spoilt")
    with monkeypatch.context() as dying:
        dies(dying, where, step, when)
        with pytest.raises(DiedError):
            await asyncio.wait_for(a_projector(database, kafka_bootstrap, topic, Recording()).run(asyncio.Event()), 60)
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await until(lambda: parked(database) == [])
        await send(kafka_bootstrap, [an_event(topic, 4, 4, key="a")])
        await until(lambda: seen(database, 4)[-1] == 4)
    assert rows(database, "SELECT topic = 'dropped', pos FROM seen ORDER BY n") == [
        (False, 3), (what == "drop", 1), (False, 2), (False, 4),
    ]  # fmt: skip
    done = "retried" if what == "retry" else "dropped"
    assert actions(database) == [(f"{what}_asked", "rina", 1), (done, "rina", 1), ("retried", "rina", 2)]
