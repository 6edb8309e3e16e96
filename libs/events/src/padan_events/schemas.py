"""JSON Schemas of every event type, generated from the Structs: `python -m padan_events.schemas --write FOLDER`."""

import argparse
from collections.abc import Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from padan_events.registry import EventType, event_types


def schema_of(declared: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a type's data. Sealed blocks are base64 strings."""
    (schema,), components = structs_as_schemas([declared], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:padan:schema:{declared.name}",
        "title": declared.name,
        **_travels(declared),
        **schema,
        "$defs": components,
    }


def structs_as_schemas(
    types: Sequence[EventType], *, ref_template: str
) -> tuple[tuple[dict[str, Any], ...], dict[str, dict[str, Any]]]:
    """A reference to the data of each type, and by name the schemas of all Structs they are made of."""
    references, components = msgspec.json.schema_components([t.data for t in types], ref_template=ref_template)
    for component in components.values():
        if "description" in component:  # a docstring, indented as it stands in the source
            component["description"] = cleandoc(component["description"])
    return references, components


def _travels(declared: EventType) -> dict[str, Any]:
    if len(declared.topics) == 1:
        return {"x-topic": declared.topic.name}
    return {"x-topics": [topic.name for topic in declared.topics]}


def documents() -> dict[str, bytes]:
    """By file name, the schema of each type as formatted JSON."""
    return {
        f"{declared.name}.json": msgspec.json.format(msgspec.json.encode(schema_of(declared)), indent=2) + b"\n"
        for declared in event_types()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, required=True)
    folder = parser.parse_args().write
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_bytes(text)


if __name__ == "__main__":
    main()
