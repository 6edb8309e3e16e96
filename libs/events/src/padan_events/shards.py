"""Which shard, and so which Kafka partition, a key belongs to.

Source of the rule: Kafka's default partitioner (murmur2 over the key's UTF-8 bytes, sign bit cleared). The
number of shards is fixed for ever: resizing breaks the order of a household's events.
"""

import struct

SHARDS = 24
"""Shards of every topic and log. Never changes."""

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The unsigned 32-bit murmur2 of `data`, as in Kafka's `org.apache.kafka.common.utils.Utils.murmur2`.

    Written here, not imported from a Kafka client, so that a domain may compute a shard and import no client.
    """
    length = len(data)
    whole = length & ~3
    h = _SEED ^ length
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        mixed = (k * _M) & _MASK
        mixed = ((mixed ^ (mixed >> 24)) * _M) & _MASK
        h = ((h * _M) & _MASK) ^ mixed
    if whole != length:
        h = ((h ^ int.from_bytes(data[whole:], "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)


def shard_of(key: str) -> int:
    """The shard (0 to 23) of a key: a household id or a programme code, in lower case whatever was passed."""
    return (murmur2(key.lower().encode()) & 0x7FFFFFFF) % SHARDS
