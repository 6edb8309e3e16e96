"""The contract as an AsyncAPI 3.0 document: servers, topics, who sends and who may listen, messages with examples."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, Final

from padan_events.access import INTEGRATOR, readers_of
from padan_events.attributes import ATTRIBUTES
from padan_events.registry import EventType, event_types
from padan_events.schemas import structs_as_schemas
from padan_events.shards import SHARDS, shard_of
from padan_events.topics import CONSUMERS, EVENT_TOPICS, PARKED_TOPICS, Topic

Example = Mapping[str, Any]
_BINDING: Final = "0.5.0"
_SCHEMAS: Final = "#/components/schemas/"
_INFO: Final = """
The events of Padan, a social registry: who was proposed to it, how welfare ranked them, and what each programme
decided. CloudEvents 1.0 in Kafka's binary mode: the value is the data, the attributes are headers. Nothing that names
a person travels in the clear.

Delivery is at least once, in order within a shard. `ce_shard` and `ce_pos` (1, 2, 3 ... without holes) let a reader
drop what it has seen and notice what is missing.
"""


def document(examples: Mapping[str, Example], version: str) -> dict[str, Any]:
    """The AsyncAPI document; `examples` holds the data of one event by type."""
    references, components = structs_as_schemas(event_types(), ref_template=_SCHEMAS + "{name}")
    messages = {
        _message_id(declared): _message(declared, reference, examples[declared.name])
        for declared, reference in zip(event_types(), references, strict=True)
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Padan",
            "version": version,
            "description": cleandoc(_INFO),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {**{_id(t.name): _channel(t) for t in EVENT_TOPICS.values()}, "parked": _parked_channel()},
        "operations": _operations(),
        "components": {
            "messages": messages,
            "schemas": {"Headers": _headers(), **{name: _draft_07(schema) for name, schema in components.items()}},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": "A user of one's own, given by the operator of the platform.",
                }
            },
        },
    }


def _servers() -> dict[str, Any]:
    security = [{"$ref": "#/components/securitySchemes/scram"}]
    return {
        "local": {
            "host": "127.0.0.1:{port}",
            "protocol": "kafka",
            "description": "The platform on one machine (`padan up`).",
            "variables": {"port": {"default": "9092", "description": "`padan status` shows it."}},
            "security": security,
        },
        "production": {
            "host": "{brokers}",
            "protocol": "kafka-secure",
            "description": "A cluster: TLS, and a login.",
            "variables": {"brokers": {"description": "Bootstrap address, given by the operator of the platform."}},
            "security": security,
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    stays = "for ever" if not topic.expires else f"{topic.retention_ms // 86_400_000} days"
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"Written by {topic.owner} alone. Key: {topic.key}. Records stay {stays}.",
        "messages": {
            _message_id(declared): {"$ref": f"#/components/messages/{_message_id(declared)}"}
            for declared in event_types()
            if topic in declared.topics
        },
        "bindings": {"kafka": _topic_binding(topic)},
    }


def _parked_channel() -> dict[str, Any]:
    readers = sorted({topic.owner for topic in PARKED_TOPICS.values()})
    (parked,) = (declared for declared in event_types() if declared.topics[0].name in PARKED_TOPICS)
    return {
        "address": "{topic}.{service}.parked.v1",
        "title": "What a service could not handle",
        "description": (
            "A copy of each record that a service set aside, and why; for those who run the platform. Exists for each "
            "topic and each service that reads it."
        ),
        "parameters": {
            "topic": {"description": "The topic of the record.", "enum": list(EVENT_TOPICS)},
            "service": {"description": "The service that set it aside, and owns the topic.", "enum": readers},
        },
        "messages": {_message_id(parked): {"$ref": f"#/components/messages/{_message_id(parked)}"}},
        "bindings": {"kafka": {"partitions": SHARDS, "bindingVersion": _BINDING}},
    }


def _topic_binding(topic: Topic) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "partitions": SHARDS,
        "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms},
        "bindingVersion": _BINDING,
    }


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for topic in EVENT_TOPICS.values():
        channel = {"$ref": f"#/channels/{_id(topic.name)}"}
        operations[f"{_id(topic.owner)}_sends_{_id(topic.name)}"] = {
            "action": "send",
            "channel": channel,
            "title": f"{topic.owner} tells of it; nobody else may",
        }
        for reader in (*CONSUMERS[topic.name], *((INTEGRATOR,) if INTEGRATOR in readers_of(topic) else ())):
            operations[f"{_id(reader)}_receives_{_id(topic.name)}"] = {
                "action": "receive",
                "channel": channel,
                "title": f"{reader} reads it",
                "bindings": {
                    "kafka": {
                        "groupId": {"type": "string", "pattern": f"^{reader}\\."},
                        "bindingVersion": _BINDING,
                    }
                },
            }
    return operations


def _message(declared: EventType, payload: dict[str, Any], example: Example) -> dict[str, Any]:
    key = key_of(declared, example)
    protection = "pseudonym of the household" if declared.topic.key == "household_id" else "code of the programme"
    return {
        "name": declared.name,
        "title": declared.data.__name__,
        "summary": cleandoc(declared.data.__doc__ or "").partition("\n")[0],
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": _SCHEMAS + "Headers"},
                {"type": "object", "properties": {"ce_type": {"const": declared.name}}},
            ]
        },
        "payload": payload,
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"{declared.topic.key}: {protection}, in lower case."},
                "bindingVersion": _BINDING,
            }
        },
        "examples": [{"headers": example_headers(declared, key), "payload": dict(example)}],
    }


def key_of(declared: EventType, example: Example) -> str:
    """The record's key of an example; a copy of a parked record has the key of that record, whatever it is."""
    return str(example.get(declared.topic.key, "6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01"))


def example_headers(declared: EventType, key: str) -> dict[str, str]:
    """The headers of an example whose record has this key."""
    some = "6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a{:02d}"
    return {
        "ce_specversion": "1.0",
        "ce_id": some.format(3),
        "ce_source": f"/padan/{declared.topic.owner}",
        "ce_type": declared.name,
        "ce_time": "2026-01-31T03:04:05.678901Z",
        "ce_shard": str(shard_of(key)),
        "ce_pos": "42",
        "ce_correlationid": some.format(4),
        "ce_actor": f"service:{declared.topic.owner}",
        "content-type": "application/json",
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "The record's headers, as UTF-8 text.",
        "properties": {a.name: {**a.schema, "description": a.meaning} for a in ATTRIBUTES},
        "required": [a.name for a in ATTRIBUTES if a.required],
    }


def _draft_07(schema: Any) -> Any:
    """AsyncAPI reads JSON Schema draft 07, where a tuple is `items` and a reference has no neighbours."""
    if isinstance(schema, list):
        return [_draft_07(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _draft_07(value) for name, value in schema.items()}
    if "prefixItems" in made:
        made["items"] = made.pop("prefixItems")
    if "$ref" in made and len(made) > 1:
        made["allOf"] = [{"$ref": made.pop("$ref")}]
    return made


def _message_id(declared: EventType) -> str:
    return _id(declared.name.removeprefix("id.padan."))


def _id(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")
