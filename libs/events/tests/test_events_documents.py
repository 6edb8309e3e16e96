"""What the contract says of itself is what its types say."""

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from padan_events import TOPICS, event_types
from padan_events.command_fields import examples
from padan_events.commands import Command
from padan_events.document import documents
from padan_events.schemas import structs_as_schemas
from padan_events.telling import PROTECTION, PROTECTIONS

HERE = Path(__file__).parent
OFFICIAL = json.loads(gzip.decompress((HERE / "asyncapi" / "3.0.0-without-id.json.gz").read_bytes()))


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    (path,) = (path for path in documents() if path.name == "asyncapi.json")
    return dict(json.loads(path.read_bytes()))


def test_every_generated_document_is_up_to_date() -> None:
    stale = [str(path) for path, text in documents().items() if not path.exists() or path.read_bytes() != text]
    assert not stale, f"run `.venv/bin/python -m padan_events.document`: {stale}"


def test_every_example_of_a_command_can_be_sent() -> None:
    for name, example in examples().items():
        assert msgspec.convert(example, Command, strict=False).__struct_config__.tag == name


def test_the_description_is_asyncapi_3(described: dict[str, Any]) -> None:
    assert described["asyncapi"] == "3.0.0"
    jsonschema.Draft7Validator(OFFICIAL).validate(described)


@pytest.mark.parametrize(
    "damage",
    [
        lambda described: described.pop("info"),
        lambda described: described["channels"]["household_events_v1"].update(address=7),
        lambda described: described["operations"]["household_sends_household_events_v1"].update(action="shout"),
        lambda described: described["servers"]["local"].update(hosts="h"),
    ],
    ids=["no info", "an address that is none", "an action that is none", "a field that is none"],
)
def test_what_is_not_asyncapi_is_noticed(described: dict[str, Any], damage: Any) -> None:
    copy = json.loads(json.dumps(described))
    damage(copy)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(OFFICIAL).validate(copy)


def test_every_reference_of_the_description_leads_somewhere(described: dict[str, Any]) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, list):
            return [found for one in node for found in references(one)]
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for one in node.values() for found in references(one)]
        return []

    found = references(described)
    assert len(found) > 50
    for reference in found:
        node: Any = described
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_every_topic_is_described_and_its_owner_alone_sends(described: dict[str, Any]) -> None:
    addresses: set[str] = set()
    for channel in described["channels"].values():
        parameters = channel.get("parameters", {})
        for topic in parameters.get("topic", {"enum": [""]})["enum"]:
            for service in parameters.get("service", {"enum": [""]})["enum"]:
                addresses.add(channel["address"].replace("{topic}", topic).replace("{service}", service))
    assert addresses >= TOPICS.keys()
    senders = {
        operation["channel"]["$ref"]: name.partition("_sends_")[0]
        for name, operation in described["operations"].items()
        if operation["action"] == "send"
    }
    assert senders["#/channels/household_events_v1"] == "household"
    assert len(senders) == sum(operation["action"] == "send" for operation in described["operations"].values())


def test_the_examples_are_what_their_schemas_ask_for(described: dict[str, Any]) -> None:
    for message in described["components"]["messages"].values():
        (example,) = message["examples"]
        for schema, shown in ((message["headers"], example["headers"]), (message["payload"], example["payload"])):
            jsonschema.Draft7Validator({**schema, "components": described["components"]}).validate(shown)


def test_every_field_says_what_it_means_and_whether_it_gives_a_person_away() -> None:
    _, components = structs_as_schemas(event_types(), ref_template="{name}")
    for name, component in components.items():
        assert component["description"], name
        for field, schema in component.get("properties", {}).items():
            assert schema.get("description", "").endswith("."), f"{name}.{field} says nothing"
            assert schema[PROTECTION] in PROTECTIONS, f"{name}.{field}"


def test_every_type_says_when_it_comes() -> None:
    for declared in event_types():
        assert "\n    When: " in (declared.data.__doc__ or ""), declared.name


def test_bytes_on_a_topic_are_sealed_but_for_what_a_reader_could_not_handle() -> None:
    """Whoever adds a field of bytes must say under which key it is sealed."""
    _, components = structs_as_schemas(event_types(), ref_template="{name}")
    for name, component in components.items():
        for field, schema in component.get("properties", {}).items():
            if any("contentEncoding" in one for one in (schema, *schema.get("anyOf", ()))):
                assert schema[PROTECTION].startswith("sealed_") or name in {"Parked", "Header"}, f"{name}.{field}"
