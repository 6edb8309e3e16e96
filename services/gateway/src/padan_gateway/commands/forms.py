"""A command as it is sent, read strictly, and as the OpenAPI document tells it: both from the contract's Structs."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from padan_events.commands import Command
from padan_runtime.problems import Problem

from padan_gateway import problems

MOST_BYTES: Final = 2_000_000
"""A command with 10,000 cases has a million."""

_DECODER: Final[msgspec.json.Decoder[Command]] = msgspec.json.Decoder(Command)
_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")
_REF: Final = "#/components/schemas/{name}"


def read(body: bytes) -> Command:
    """The command in a body. Raises `Problem` request_invalid, with the field it lies in."""
    try:
        command = _DECODER.decode(body)
        unknown = [(place, "field_unknown") for place in _unknown(msgspec.json.decode(body), command)]
    except msgspec.ValidationError as error:
        found = _PLACE.search(str(error))
        raise invalid([(_dotted(found.group(1)) if found else "", "value_invalid")]) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # Its message may quote what came, so it does not go on.
        raise invalid([("", "json_invalid")]) from None
    if unknown:
        raise invalid(unknown)
    return command


def version(if_match: str | None) -> int | None:
    """The version in an If-Match header, None where there is none. Raises `Problem` request_invalid."""
    if if_match is None:
        return None
    found = re.fullmatch(r'"([1-9][0-9]{0,8})"', if_match.strip(), re.ASCII)
    if found is None:
        raise problems.request_invalid([("If-Match", "value_invalid")])
    return int(found.group(1))


def invalid(faults: list[tuple[str, str]]) -> Problem:
    """The problem of a body with faults at places."""
    return problems.request_invalid([(f"body.{place}" if place else "body", error) for place, error in faults])


def _dotted(path: str) -> str:
    return re.sub(r"\[(\d+|\.\.\.)\]", r".\1", path)


def _unknown(raw: Any, read_as: Any, place: str = "") -> Iterator[str]:
    """Fields that are not the contract's: a misspelt one would silently mean nothing."""
    if isinstance(read_as, msgspec.Struct) and isinstance(raw, dict):
        names = {*read_as.__struct_encode_fields__, read_as.__struct_config__.tag_field}
        for name, value in raw.items():
            if name not in names:
                yield f"{place}{name}" if name.isidentifier() else f"{place}?"
            elif name != read_as.__struct_config__.tag_field:
                yield from _unknown(value, getattr(read_as, name), f"{place}{name}.")
    elif isinstance(read_as, tuple) and isinstance(raw, list):
        for index, (value, item) in enumerate(zip(raw, read_as, strict=True)):
            yield from _unknown(value, item, f"{place}{index}.")


def schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """The JSON Schema of every command, and by name those of their parts."""
    (schema,), components = msgspec.json.schema_components([Command], ref_template=_REF)
    return schema, components
