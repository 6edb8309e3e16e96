from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from padan_events import SHARDS, TOPICS, shard_of
from padan_events.shards import murmur2

VECTORS = [
    line.split("\t")
    for line in Path(__file__).with_name("vectors").joinpath("murmur2.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("key", "hashed", "partition"), VECTORS)
def test_a_key_lands_where_kafkas_java_client_puts_it(key: str, hashed: str, partition: str) -> None:
    assert murmur2(key.encode()) == int(hashed) & 0xFFFFFFFF
    assert shard_of(key) == int(partition)


def test_the_vectors_hold_negative_hashes_and_reach_every_shard() -> None:
    hashes = [int(hashed) for _, hashed, _ in VECTORS]
    assert 0.3 < sum(h < 0 for h in hashes) / len(hashes) < 0.7
    assert {int(partition) for *_, partition in VECTORS} == set(range(SHARDS))


def test_the_number_of_shards_is_fixed_for_ever() -> None:
    assert SHARDS == 24


@given(st.uuids())
def test_an_upper_case_id_lands_on_the_same_shard(household_id: object) -> None:
    assert shard_of(str(household_id).upper()) == shard_of(str(household_id))


def test_facts_stay_for_ever_and_reports_and_copies_expire() -> None:
    forever = {name for name, topic in TOPICS.items() if not topic.expires}
    assert forever == {"household.events.v1", "eligibility.events.v1", "programme.events.v1"}
