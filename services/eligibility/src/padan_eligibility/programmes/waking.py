"""What wakes the policies: records of the programme topic, each checked before it is believed.

The policies themselves are folded from the log, whatever is on Kafka; so a record that is no policy harms nobody. It is
parked all the same: somebody writes where only this service may, or a newer version speaks.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from padan_events import Event, decode
from padan_events.eligibility import PolicyDrafted, PolicyPublished, PolicyReviewed
from padan_events.envelope import from_record
from padan_events.payments import PaymentListMade, PaymentListOrdered
from padan_events.periods import PeriodClosed, PeriodOpened
from padan_events.places import QuotaSet
from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.parking import repository
from padan_runtime.parking.faults import Fault, fault_of
from padan_runtime.parking.records import Record, event_of
from padan_runtime.parking.repository import Row
from padan_runtime.projector import TRANSIENT

from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.programmes.policy_set import PolicySet

READER: Final = "eligibility.policies"
_EVERY_S: Final = 1.0
_AT_ONCE: Final = 500
_PASSED_OVER: Final = (
    PolicyDrafted,
    PolicyReviewed,
    QuotaSet,
    PeriodOpened,
    PeriodClosed,
    PaymentListMade,
    PaymentListOrdered,
)


class Arrived(msgspec.Struct, frozen=True):
    """A record of the programme topic as it came from the Kafka cluster `cluster_id`."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    cluster_id: str


class Waking:
    """Reads the policies anew when one was published, and parks what is no policy or cannot be read."""

    def __init__(self, database: Database, policies: PolicySet) -> None:
        self._database, self._policies = database, policies

    async def take(self, arrived: Arrived) -> None:
        """Handle a record. What is in it never raises; what raises is that it can neither be handled nor parked, and
        `PolicyError`: a policy that was published and that this version cannot read is no fault of a record. Whoever
        went on would decide by the policies before it."""
        event: Event | None = None
        try:
            event = from_record(arrived.topic, arrived.partition, arrived.key, arrived.value, arrived.headers)
            await self._handle(event)
        except (MemoryError, PolicyError):
            raise
        except Exception as error:
            fault = fault_of(error)
            logger().error("a record of the programme topic is parked", reader=READER, exc_info=error)
            record = _record(arrived, event, fault)
            await _patiently(lambda: self._park(record))
            metrics.PARKED.labels(READER, arrived.topic, fault.reason.value).inc()

    async def run(self, stop: asyncio.Event) -> None:
        """Do what operators ask for, each second, until `stop` is set."""
        while not stop.is_set():
            try:
                for row in await asyncio.to_thread(self._asked):
                    await self._take_up(row)
            except TRANSIENT as error:
                logger().warning("parked records wait", reader=READER, error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_S)

    async def _handle(self, event: Event) -> None:
        data = decode(event.type, event.value)
        if isinstance(data, _PASSED_OVER):
            return  # nothing is decided by a draft; the others were taken up where they were set
        if not isinstance(data, PolicyPublished):
            raise TypeError(f"{event.type} does not belong on {event.topic}")
        await _patiently(self._policies.refresh)

    def _park(self, record: Record) -> None:
        with self._database.transaction() as connection:
            repository.park(connection, [record])

    def _asked(self) -> list[Row]:
        with self._database.transaction() as connection:
            metrics.PARKED_ROWS.labels(READER).set(repository.counts(connection, [READER])[READER])
            return [row for state in ("drop", "retry") for row in repository.asked(connection, READER, state, _AT_ONCE)]

    async def _take_up(self, row: Row) -> None:
        failure: Exception | None = None
        if row.state == "retry":
            try:
                await self._handle(event_of(row.topic, row.shard, row.key, row.value, row.headers))
            except (*TRANSIENT, MemoryError, PolicyError):
                raise
            except Exception as error:
                failure = error
        await asyncio.to_thread(self._settle, row, None if failure is None else fault_of(failure))

    def _settle(self, row: Row, fault: Fault | None) -> None:
        with self._database.transaction() as connection:
            if fault is not None:
                repository.failed_again(connection, row.parked_id, fault, tried=row.state)
                return
            done = "dropped" if row.state == "drop" else "retried"
            if repository.take_out(connection, {row.parked_id: row.asked_by or "unknown"}, done):
                metrics.PARKED_TAKEN_UP.labels(READER, done).inc()


def _record(arrived: Arrived, event: Event | None, fault: Fault) -> Record:
    return Record(
        reader=READER,
        topic=arrived.topic,
        shard=arrived.partition,
        offset=arrived.offset,
        cluster_id=arrived.cluster_id,
        key=arrived.key,
        value=arrived.value,
        headers=arrived.headers,
        fault=fault,
        event=event,
    )


async def _patiently(step: Callable[[], None]) -> None:
    """In a thread, again and again while a server is away: that is no reason to park."""
    attempt = 0
    while True:
        try:
            return await asyncio.to_thread(step)
        except TRANSIENT as error:
            attempt += 1
            logger().warning("a policy waits", reader=READER, attempt=attempt, error=type(error).__name__)
            await asyncio.sleep(min(0.2 * 2**attempt, 5.0))
