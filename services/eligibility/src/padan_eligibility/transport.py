"""Faust's Kafka transport, past records that the Kafka client itself cannot read: see `padan_runtime.unreadable`.

The stock one ends its worker on such a record, and the next worker on the same. Here it stands in what is fetched as a
record of which nothing but the offset is known, for the agent to park.
"""

from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from faust.transport.drivers import aiokafka as stock
from padan_runtime.unreadable import Unreadable, fetch_past


class _Thread(stock.AIOKafkaConsumerThread):
    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: Any,
        timeout: float | None = None,  # noqa: ASYNC109  # Faust calls it so
        max_records: int | None = None,
    ) -> Any:
        starts = _starts(consumer, active_partitions)
        try:
            return await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        except UnicodeDecodeError:
            found = await fetch_past(consumer, starts, max_records)
            return {
                partition: [_as_record(partition, one) if isinstance(one, Unreadable) else one for one in run]
                for partition, run in found.items()
            }


class _Consumer(stock.Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class Transport(stock.Transport):
    """The transport to set on the app before anything is subscribed to."""

    Consumer = _Consumer


def _starts(consumer: AIOKafkaConsumer, partitions: Any) -> dict[Any, int]:
    """Where the poll begins. Not asked of `consumer.position`: that waits for a place which is not known yet, and the
    poll would outlast a rebalance."""
    subscription = consumer._subscription.subscription
    assignment = None if subscription is None else subscription.assignment
    if assignment is None:
        return {}
    states = {tp: assignment.state_value(tp) for tp in partitions or () if tp in assignment.tps}
    return {tp: state.position for tp, state in states.items() if state.has_valid_position}


def _as_record(partition: Any, unreadable: Unreadable) -> ConsumerRecord[None, None]:
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=unreadable.offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=None,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=(),
    )
