"""One shard as a reader sees it: the law that whatever is delivered, each position is taken once and in order."""

from collections import OrderedDict
from datetime import UTC, datetime
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st
from padan_events import Event
from padan_runtime.positions import RECENT
from padan_runtime.sequence import Sequence, Verdict

CHAIN = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01")


def at(pos: int, *, told: str = "first") -> Event:
    return Event(
        topic="household.events.v1",
        shard=0,
        pos=pos,
        event_id=uuid5(CHAIN, f"{told} {pos}"),
        type="t",
        source="/s",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        key="k",
        actor="a",
        correlation_id=CHAIN,
    )


@given(st.lists(st.integers(1, 30), max_size=200))
def test_each_position_is_taken_once_in_order_whatever_is_delivered(delivered: list[int]) -> None:
    sequence, taken = Sequence(0, OrderedDict()), []
    for pos in delivered:
        verdict = sequence.judge(at(pos))
        if verdict is Verdict.APPLY:
            sequence.take(at(pos))
            taken.append(pos)
        else:
            assert verdict is (Verdict.HOLE if pos > len(taken) + 1 else Verdict.REPEAT)
    assert taken == list(range(1, len(taken) + 1))


@given(st.integers(1, 40), st.lists(st.integers(0, 39), max_size=20))
def test_a_relay_that_begins_again_from_its_cursor_always_gets_through(events: int, failures: list[int]) -> None:
    """Each failure lets an arbitrary later batch through before the relay sends all of it again."""
    sequence, taken, cursor = Sequence(0, OrderedDict()), [], 0
    stream: list[int] = []
    for failure in failures:
        stream += [pos for pos in range(cursor + 1, events + 1) if pos > failure]
        cursor = min(cursor + failure % 3, events)
        stream += list(range(1, cursor + 1))
    stream += list(range(cursor + 1, events + 1))
    for pos in stream:
        if sequence.judge(at(pos)) is Verdict.APPLY:
            sequence.take(at(pos))
            taken.append(pos)
    assert taken == list(range(1, events + 1))


def test_a_position_given_out_twice_is_noticed() -> None:
    sequence = Sequence(0, OrderedDict())
    for pos in (1, 2, 3):
        sequence.take(at(pos))
    assert sequence.judge(at(2)) is Verdict.REPEAT
    assert sequence.judge(at(2, told="another")) is Verdict.REUSED


def test_only_the_last_thousand_ids_are_kept() -> None:
    sequence = Sequence(0, OrderedDict())
    for pos in range(1, RECENT + 3):
        sequence.take(at(pos))
    assert len(sequence.ids) == RECENT
    assert sequence.judge(at(1, told="another")) is Verdict.REPEAT
    assert sequence.judge(at(3, told="another")) is Verdict.REUSED


def test_where_a_topic_expires_the_earliest_record_kept_is_a_legal_start_and_only_a_start() -> None:
    sequence = Sequence(0, OrderedDict(), may_begin_anywhere=True)
    assert sequence.judge(at(500)) is Verdict.APPLY
    sequence.take(at(500))
    assert sequence.judge(at(502)) is Verdict.HOLE
