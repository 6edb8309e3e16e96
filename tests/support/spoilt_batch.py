"""A batch of a stranger with a header whose name is not UTF-8, which the Kafka client can write only by force."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c


class Spoilt:
    """A batch under construction in which header names `ab` are turned into bytes that are no UTF-8."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._builder, name)

    def build(self) -> bytearray:
        data = bytearray(self._builder.build()).replace(b"\x04ab", b"\x04\xff\xfe")
        data[17:21] = calc_crc32c(data[21:]).to_bytes(4, "big")  # as the format of record batches has it
        return data


async def send_spoilt(kafka: str, topic: str, partition: int, names: Sequence[str] = ("ok", "ab", "ok")) -> None:
    """One batch with a record for each header name."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        batch = producer.create_batch()
        for name in names:
            batch.append(key=b"k0", value=b"a stranger's", timestamp=None, headers=[(name, b"1")])
        batch._builder = Spoilt(batch._builder)
        await (await producer.send_batch(batch, topic, partition=partition))
    finally:
        await producer.stop()
