"""docs/command-fields.md: every command as it is sent, made from the Structs by which it is read."""

import json
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any, Final

import msgspec

from padan_events.commands.asked import Command
from padan_events.handbook import table

_REF: Final = "#/"
_FILLED_IN: Final = "filled in by"
"""What is told so of a field is not for whoever sends the command."""
_NOT_THEIRS: Final = {"command", "match"}
_INTRODUCTION: Final = """
# The fields of every command

Generated from `padan_events.commands` by `python -m padan_events.document`; a test keeps them equal. What commands are
for, who may give them and what they lead to: [commands.md](commands.md). As JSON Schema: `/openapi.json` of the
gateway.

A field that is not *needed* may be left out. Dates are local and written `2026-03-10`, times as RFC 3339 with a zone
(`2026-03-10T09:00:00+07:00`), villages by their Kemendagri code of 10 digits. An example holds the needed fields alone.
"""
_VALUES: Final[Mapping[str, Any]] = {
    "uuid": "0b0f1a6e-8a55-4c7e-9d8e-3f1b5a0c2d41",
    "date": "2026-03-10",
    "date-time": "2026-03-10T09:00:00+07:00",
    "integer": 1,
    "number": 1.0,
    "boolean": True,
    "string": "...",
}
_NAMED: Final[Mapping[str, Any]] = {
    "village": "3318012001",
    "region": "3318",
    "month": "2026-03",
    "programme": "pkh",
    "minutes_number": "141/07/BA/2026",
    "nik": "3318014107900001",
    "latitude": -6.7545,
    "longitude": 111.0381,
    "name": "SITI CONTOH",
    "to": "Puskesmas Pati II",
    "captured_at": "2026-03-10T09:00:00+07:00",
}
"""What stands in the examples, by type and format, and by name of a field."""
_CHOSEN: Final[Mapping[str, str]] = {"to": "deliberated"}
"""Which of several values stands in them, by name of a field; the first one else."""

Shapes = Mapping[str, Mapping[str, Any]]


def command_fields() -> str:
    """The page."""
    (union,), shapes = msgspec.json.schema_components([Command], ref_template=_REF + "{name}")
    names = [one["$ref"].removeprefix(_REF) for one in union["anyOf"]]
    parts = [cleandoc(_INTRODUCTION), *(_of_command(shapes[name], shapes) for name in names)]
    used = sorted({name for one in names for name in _parts(shapes[one], shapes)})
    parts += ["## Parts used above", *(_of_part(name, shapes) for name in used)]
    return "\n\n".join(parts) + "\n"


def examples() -> dict[str, Any]:
    """By command, one as it may be sent."""
    (union,), shapes = msgspec.json.schema_components([Command], ref_template=_REF + "{name}")
    commands = (shapes[one["$ref"].removeprefix(_REF)] for one in union["anyOf"])
    return {shape["properties"]["command"]["enum"][0]: _example("", shape, shapes) for shape in commands}


def _of_command(shape: Mapping[str, Any], shapes: Shapes) -> str:
    (name,) = shape["properties"]["command"]["enum"]
    example = json.dumps(_example("", shape, shapes), ensure_ascii=False)
    return f"## {name}\n\n{_told(shape)}\n\n{_fields(shape, shapes)}\n\n```json\n{example}\n```"


def _of_part(name: str, shapes: Shapes) -> str:
    return f"### {name}\n\n{_told(shapes[name])}\n\n{_fields(shapes[name], shapes)}"


def _told(shape: Mapping[str, Any]) -> str:
    return cleandoc(str(shape.get("description", "")))


def _sent(shape: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, field in shape["properties"].items():
        if name not in _NOT_THEIRS and _FILLED_IN not in field.get("description", "").lower():
            yield name, field


def _fields(shape: Mapping[str, Any], shapes: Shapes) -> str:
    needed = set(shape.get("required", ()))
    rows = [
        [f"`{name}`", _type(field, shapes), "yes" if name in needed else "", field.get("description", "")]
        for name, field in _sent(shape)
    ]
    return table(["field", "type", "needed", "meaning"], rows)


def _plain(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without null."""
    given = next((one for one in field.get("anyOf", ()) if one != {"type": "null"}), field)
    return dict(given)


def _type(field: Mapping[str, Any], shapes: Shapes) -> str:
    field = _plain(field)
    if "$ref" in field:
        name = field["$ref"].removeprefix(_REF)
        values = shapes[name].get("enum")
        return " · ".join(f"`{value}`" for value in values) if values else f"[{name}](#{name.lower()})"
    if field.get("type") == "array":
        least, most = field.get("minItems", 0), field.get("maxItems")
        many = f", {least} to {most:,}" if most else f", at least {least}" if least else ""
        return f"list{many}: {_type(field['items'], shapes)}"
    if "additionalProperties" in field:
        return f"[criteria](field-verification.md), each {_type(field['additionalProperties'], shapes)}"
    return {"uuid": "UUID", "date-time": "time", "string": "text", "integer": "whole number"}.get(
        _kind(field), _kind(field)
    )


def _kind(field: Mapping[str, Any]) -> str:
    return str(field.get("format") or field.get("type"))


def _parts(shape: Mapping[str, Any], shapes: Shapes) -> Iterator[str]:
    for _, field in _sent(shape):
        inner = _plain(field)
        name = _plain(inner.get("items", inner)).get("$ref", "").removeprefix(_REF)
        if name and "enum" not in shapes[name]:
            yield name
            yield from _parts(shapes[name], shapes)


def _example(name: str, field: Mapping[str, Any], shapes: Shapes) -> Any:
    field = _plain(field)
    if "$ref" in field:
        return _example(name, shapes[field["$ref"].removeprefix(_REF)], shapes)
    if "enum" in field:
        return _CHOSEN[name] if _CHOSEN.get(name) in field["enum"] else field["enum"][0]
    if "properties" in field:
        needed = field.get("required", ())
        return {one: _example(one, inner, shapes) for one, inner in field["properties"].items() if one in needed}
    if field.get("type") == "array":
        return [_example(name, field["items"], shapes)]
    if "additionalProperties" in field:
        criteria = [one["const"] for one in field["propertyNames"]["oneOf"]]
        return {one: _example("", field["additionalProperties"], shapes) for one in criteria}
    return _NAMED.get(name, _VALUES[_kind(field)])
