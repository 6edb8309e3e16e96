"""docs/events.md: the contract for whoever reads Padan's topics, written from the types themselves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from inspect import cleandoc
from typing import Any, Final

from padan_events.access import INTEGRATOR, readers_of
from padan_events.asyncapi import Example, example_headers, key_of
from padan_events.attributes import ATTRIBUTES
from padan_events.registry import EventType, event_types
from padan_events.reserved import RESERVED
from padan_events.schemas import structs_as_schemas
from padan_events.shards import SHARDS
from padan_events.telling import PROTECTION, PROTECTIONS
from padan_events.topics import EVENT_TOPICS, PARKED_TOPICS, Topic

_DEFS: Final = "#/$defs/"

_INTRODUCTION: Final = """
# Events

<!-- Written by `python -m padan_events.document` from libs/events: change the types there, not this page. -->

This page is for who reads Padan's topics: a bank, BPJS, an agency's system, or one of Padan's own services. The same
as data: [asyncapi.json](../libs/events/asyncapi.json) (AsyncAPI 3.0) and a
[JSON Schema for each type](../libs/events/schemas).

Every record is one event: a [CloudEvents 1.0](https://cloudevents.io) in Kafka's binary mode. The value is the data
(JSON), the attributes are headers, the key says whose event it is. **No record names a person in the clear.** Who may
see names asks Padan's gateway, by role, region and purpose.
"""

_CONNECTING: Final = """
## Connecting

Kafka asks for a login (SCRAM-SHA-512; in production over TLS). The operator of the platform gives you a user. With it
you may read the topics marked **integrator** above and use consumer groups whose name begins with `integrator.`;
everything else is refused. With Kafka's own tool, on the machine where `padan up` runs:

```
java -cp ".padan/dist/kafka/*" org.apache.kafka.tools.consumer.ConsoleConsumer \\
  --bootstrap-server 127.0.0.1:9092 --command-config .padan/local/secrets/integrator/kafka.properties \\
  --topic eligibility.events.v1 --from-beginning --max-messages 1 \\
  --formatter-property print.headers=true --formatter-property print.key=true
```

A wrong password looks like a server that is down (`Unable to bootstrap`, `Connection ... failed authentication`): look
at the client's log.
"""

_PROMISES: Final = f"""
## What you can rely on

- **Shard.** Every topic has {SHARDS} partitions, for ever. An event lies in partition
  `(murmur2(utf8(lower-case key)) & 0x7fffffff) % {SHARDS}`: what Kafka's Java client does with a lower-case key. So all
  events of a household are in one shard of each topic.
- **Order.** Within a shard, events stand in the order in which they were stored. Between shards, and between topics,
  there is none: `eligibility.events.v1` names the household event it rests on (`facts`).
- **Position.** `ce_pos` counts 1, 2, 3 ... without holes in each shard of each topic. `(topic, shard, pos)` names an
  event for ever, and so does `ce_id`. Kafka's offsets mean nothing outside of one cluster, and have holes.
- **At least once.** What was stored arrives. It may arrive more than once: the sender begins again from what Kafka last
  acknowledged. A repeat is byte for byte the same.
- **A hole heals.** For a moment you may see 7 after 5. The sender then sends 6, 7 ... again, in order. Pass over 7 and
  keep your place behind 5. If 6 has not come after 30 seconds, stop the shard and ask the operator.
- **For ever.** Fact topics lose nothing: read them from the first record whenever you like. Where a topic expires, the
  earliest record may have a position above 1.
- **One holder.** A person (`person_id`) belongs to one household at a time. Keep one row a person, and apply a
  membership only where its `membership_seq` is larger than the one you hold.
- **Two times.** `ce_time` is when it was recorded, `occurred_on` when it happened. Never mix them.

What is *not* promised: an order between shards; that you are told of a person's erasure by a missing record (history
stays whole, the keys to its sealed parts are destroyed); that ids tell anything.

## Reading without loss and without repeats

Keep, for each topic and shard, the position of the last event you have applied, and Kafka's next offset as a shortcut,
**in the same transaction** as what you made of the events. Then:

1. At start, seek each shard to your offset. Not sure that it is the same cluster? Seek to 0: positions will tell.
2. `pos` at most your place: a repeat. Drop it.
3. `pos` one more than your place: apply it, and move your place.
4. `pos` larger: a hole. Pass over the record, do not move your place.
5. A type you do not know: move on. New types and new fields come without notice; nothing you know changes.

Do not use Kafka's committed offsets as your place: they know nothing of what you have stored.
"""

_VERSIONS: Final = """
## Versions

- A type never changes but by addition: new optional fields may come, so pass over what you do not know. A field is
  never taken away, never given another meaning, never made required.
- What cannot be done by addition becomes a new type (`....v2`), produced beside the old one for a time that is
  announced.
- An absent field and `null` mean the same: not known, or does not apply.
- Examples and schemas are held against the code by the tests; the number of shards too.
"""


_PARKED: Final = "<topic>.<service>.parked.v1"


def handbook(examples: Mapping[str, Example], program: str) -> str:
    """The page; `program` is the source of the example in Java."""
    references, components = structs_as_schemas(event_types(), ref_template=_DEFS + "{name}")
    data = {reference["$ref"].removeprefix(_DEFS) for reference in references}
    shared = {name: shape for name, shape in components.items() if name not in data}
    parts = [
        cleandoc(_INTRODUCTION),
        _topics(),
        cleandoc(_CONNECTING),
        _headers(),
        cleandoc(_PROMISES),
        _java(program),
        _protection(),
        *(_of_topic(topic, components, examples) for topic in EVENT_TOPICS.values()),
        _of_parked(components, examples),
        _shapes(shared),
        cleandoc(_VERSIONS),
        _reserved(),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), line("---" for _ in head), *map(line, rows)])


def _topics() -> str:
    rows = []
    for topic in EVENT_TOPICS.values():
        readers = [reader for reader in readers_of(topic) if reader != topic.owner]
        shown = [f"**{reader}**" if reader == INTEGRATOR else reader for reader in readers]
        rows.append([f"[{topic.name}](#{_anchor(topic.name)})", topic.owner, topic.key, _stay(topic), ", ".join(shown)])
    return "## Topics\n\nThe owner alone may write.\n\n" + table(
        ["topic", "owner", "key", "records stay", "read by"], rows
    )


def _stay(topic: Topic) -> str:
    return f"{topic.retention_ms // 86_400_000} days" if topic.expires else "for ever"


def _headers() -> str:
    rows = [[f"`{a.name}`", "yes" if a.required else "no", a.meaning] for a in ATTRIBUTES]
    return "## Headers\n\nUTF-8 text.\n\n" + table(["header", "always", "meaning"], rows)


def _java(program: str) -> str:
    return (
        "### The same in Java\n\n"
        "This program is compiled and run against the real broker by the tests\n"
        "([tests/java/FactReader.java](../tests/java/FactReader.java)); it needs `kafka-clients` and Jackson.\n\n"
        f"<details>\n<summary>FactReader.java</summary>\n\n```java\n{program.strip()}\n```\n\n</details>"
    )


def _protection() -> str:
    rows = [[_words(name), meaning] for name, meaning in PROTECTIONS.items()]
    return "## Who may read what\n\nThe column *protection* of the tables below:\n\n" + table(
        ["protection", "what it is"], rows
    )


def _words(protection: str) -> str:
    return protection.replace("_", ": ")


def _of_topic(topic: Topic, components: Mapping[str, Any], examples: Mapping[str, Example]) -> str:
    types = [declared for declared in event_types() if topic in declared.topics]
    head = f"## {topic.name}\n\nOwner: {topic.owner}. Key: `{topic.key}`. Records stay {_stay(topic)}."
    return "\n\n".join([head, *(_of_type(declared, components, examples[declared.name]) for declared in types)])


def _of_parked(components: Mapping[str, Any], examples: Mapping[str, Example]) -> str:
    (declared,) = (one for one in event_types() if one.topics[0].name in PARKED_TOPICS)
    head = (
        f"## `{_PARKED}`\n\nOne for each topic and each service that reads it, for those who run the platform. "
        f"Owner: the service. Records stay {_stay(declared.topics[0])}."
    )
    return f"{head}\n\n{_of_type(declared, components, examples[declared.name])}"


def _of_type(declared: EventType, components: Mapping[str, Any], example: Example) -> str:
    shape = components[declared.data.__name__]
    headers = example_headers(declared, key_of(declared, example))
    shown = json.dumps(dict(example), indent=2, ensure_ascii=False)
    told = "\n\n".join(
        f"**When.** {paragraph[6:7].upper()}{paragraph[7:]}" if paragraph.startswith("When: ") else paragraph
        for paragraph in shape["description"].split("\n\n")
    )
    return (
        f"### {declared.name}\n\n{told}\n\n{_fields(shape)}\n\n"
        f"<details>\n<summary>Example</summary>\n\nKey `{key_of(declared, example)}`, partition "
        f"{headers['ce_shard']}.\n\n```json\n{shown}\n```\n\n</details>"
    )


def _fields(shape: Mapping[str, Any]) -> str:
    required = set(shape.get("required", ()))
    rows = [
        [
            f"`{name}`",
            _type(field),
            "yes" if name in required else "no",
            _words(field.get(PROTECTION, "open")),
            field.get("description", ""),
        ]
        for name, field in shape["properties"].items()
    ]
    return table(["field", "type", "always", "protection", "meaning"], rows)


def _type(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].removeprefix(_DEFS)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        (given,) = (one for one in field["anyOf"] if one != {"type": "null"})
        return _type(given)
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if field.get("contentEncoding") == "base64":
        return "bytes, base64"
    return str(field.get("format") or field.get("type") or "any JSON")


def _shapes(shared: Mapping[str, Any]) -> str:
    return "\n\n".join(["## Shapes used above", *(_shape(name, shared[name]) for name in sorted(shared))])


def _shape(name: str, shape: Mapping[str, Any]) -> str:
    head = f"### {name}\n\n{shape.get('description', '')}\n\n"
    if "enum" in shape:
        return head + "One of " + ", ".join(f"`{value}`" for value in shape["enum"]) + "."
    if "prefixItems" in shape:
        rows = [[str(n), _type(one), one.get("description", "")] for n, one in enumerate(shape["prefixItems"])]
        return head + "A JSON array:\n\n" + table(["index", "type", "meaning"], rows)
    return head + _fields(shape)


def _reserved() -> str:
    by_aggregate: dict[str, list[str]] = {}
    for name in sorted(RESERVED):
        _, _, aggregate, fact, _ = name.split(".")
        by_aggregate.setdefault(aggregate, []).append(f"`{fact}`")
    lines = [f"- `id.padan.{aggregate}.*.v1`: {', '.join(facts)}" for aggregate, facts in by_aggregate.items()]
    return "## Reserved names\n\nNothing produces these yet; nobody else may use them.\n\n" + "\n".join(lines)


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return heading.lower().replace(".", "").replace(" ", "-")
