"""The contract is locked: schemas and golden files stand in the repository and may only grow."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import msgspec
import pytest
from event_examples import EXAMPLES, HOUSEHOLD, ORIGIN, PERSON, REPORT
from padan_events import EnvelopeError, Event, UnknownEventTypeError, decode, encode, event_types, type_of
from padan_events.envelope import from_record, to_headers
from padan_events.parking import Parked
from padan_events.reserved import RESERVED
from padan_events.schemas import documents
from padan_events.topics import CONSUMERS, EVENT_TOPICS, PARKED_TOPICS, TOPICS, parked_topic, parked_topics_of

HERE = Path(__file__).parent


def test_every_type_has_an_example_here() -> None:
    assert sorted(type_of(example).name for example in EXAMPLES) == [declared.name for declared in event_types()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type_of(example).name)
def test_the_bytes_of_a_type_are_those_of_its_golden_file(example: msgspec.Struct) -> None:
    name = type_of(example).name
    golden = (HERE / "golden" / f"{name}.json").read_bytes().rstrip(b"\n")
    assert encode(example) == golden
    assert encode(decode(name, golden)) == golden


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type_of(example).name)
def test_an_example_satisfies_the_schema_of_its_type(example: msgspec.Struct) -> None:
    schema = msgspec.json.decode(documents()[f"{type_of(example).name}.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(msgspec.json.decode(encode(example)), schema)


def test_the_schemas_in_the_repository_are_those_of_the_types() -> None:
    folder = HERE.parent / "schemas"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == documents()


def test_no_type_takes_a_reserved_name_and_all_follow_one_form() -> None:
    produced = {declared.name for declared in event_types()}
    assert not produced & RESERVED
    assert all(name.startswith("id.padan.") and name.endswith(".v1") for name in produced | RESERVED)


def test_each_consumer_tells_of_what_it_parked_on_a_topic_it_alone_writes() -> None:
    for topic, services in CONSUMERS.items():
        for service in services:
            copy = TOPICS[parked_topic(topic, service)]
            assert (copy.owner, copy.key) == (service, TOPICS[topic].key)
            assert copy.name in parked_topics_of(service)
    assert (
        {topic.name for topic in type_of(Parked).topics} == PARKED_TOPICS.keys() == TOPICS.keys() - EVENT_TOPICS.keys()
    )


def test_fields_added_by_a_later_version_are_passed_over() -> None:
    value = encode(EXAMPLES[1])
    later = value[:-1] + b',"added_later":{"a":1}}'
    assert decode(type_of(EXAMPLES[1]).name, later) == EXAMPLES[1]


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownEventTypeError, match=r"household\.never"):
        decode("id.padan.household.never.v1", b"{}")


def an_event(**changes: Any) -> Event:
    fields: dict[str, Any] = {
        "topic": "household.events.v1",
        "shard": 3,
        "pos": 42,
        "event_id": REPORT,
        "type": "id.padan.household.proposed.v1",
        "source": "/padan/household",
        "time": datetime(2026, 1, 31, 3, 4, 5, 678901, tzinfo=UTC),
        "key": str(HOUSEHOLD),
        "actor": "service:registry-ingest",
        "correlation_id": ORIGIN.batch_id,
        "causation_id": PERSON,
        "value": b"{}",
    }
    return Event(**{**fields, **changes})


@pytest.mark.parametrize("cause", [PERSON, None])
def test_an_event_comes_back_from_its_record(cause: UUID | None) -> None:
    event = an_event(causation_id=cause)
    assert from_record(event.topic, 3, event.key.encode(), event.value, to_headers(event)) == event


@pytest.mark.parametrize(
    ("header", "value"),
    [("ce_shard", b"4"), ("ce_pos", b"0"), ("ce_pos", b"x"), ("ce_id", b"7"), ("ce_time", b""), ("ce_type", b"\xff")],
)
def test_a_record_with_a_wrong_attribute_is_refused(header: str, value: bytes) -> None:
    event = an_event()
    headers = [(name, value if name == header else given) for name, given in to_headers(event)]
    with pytest.raises(EnvelopeError):
        from_record(event.topic, 3, event.key.encode(), event.value, headers)


@pytest.mark.parametrize("header", [name for name, _ in to_headers(an_event()) if name.startswith("ce_")])
def test_a_record_without_an_attribute_is_refused_unless_it_may_lack(header: str) -> None:
    event = an_event()
    headers = [(name, value) for name, value in to_headers(event) if name != header]
    if header == "ce_causationid":
        assert from_record(event.topic, 3, event.key.encode(), event.value, headers).event_id == event.event_id
    else:
        with pytest.raises(EnvelopeError):
            from_record(event.topic, 3, event.key.encode(), event.value, headers)
