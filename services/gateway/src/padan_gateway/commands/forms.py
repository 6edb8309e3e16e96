"""A command as it is sent, read strictly, and as the OpenAPI document tells it: both from the contract's Structs."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from padan_events.commands import Command
from padan_runtime.field_faults import FieldFault

from padan_gateway import problems
from padan_gateway.commands.misfits import NOT_JSON, misfit, not_a_field

MOST_BYTES: Final = 2_000_000
"""A command with 10,000 cases has a million."""

_DECODER: Final[msgspec.json.Decoder[Command]] = msgspec.json.Decoder(Command)
_REF: Final = "#/components/schemas/{name}"


def read(body: bytes) -> Command:
    """The command in a body. Raises `Problem` request_invalid, with the field it lies in."""
    try:
        command = _DECODER.decode(body)
        unknown = list(_unknown(msgspec.json.decode(body), command))
    except msgspec.ValidationError as error:
        raise problems.request_invalid([_misfit(str(error), body)]) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # Its message may quote what came, so it does not go on.
        raise problems.request_invalid([NOT_JSON]) from None
    if unknown:
        raise problems.request_invalid(unknown)
    return command


def _misfit(message: str, body: bytes) -> FieldFault:
    """Decoding stops at the first misfit: behind it the body may not even be JSON."""
    try:
        return misfit(message, msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return NOT_JSON


def version(if_match: str | None) -> int | None:
    """The version in an If-Match header, None where there is none. Raises `Problem` request_invalid."""
    if if_match is None:
        return None
    found = re.fullmatch(r'"([1-9][0-9]{0,8})"', if_match.strip(), re.ASCII)
    if found is None:
        raise problems.request_invalid([("If-Match", "value_invalid")])
    return int(found.group(1))


def _unknown(raw: Any, read_as: Any, place: str = "") -> Iterator[FieldFault]:
    """Fields that are not the contract's: a misspelt one would silently mean nothing."""
    if isinstance(read_as, msgspec.Struct) and isinstance(raw, dict):
        names = {*read_as.__struct_encode_fields__, read_as.__struct_config__.tag_field}
        for name, value in raw.items():
            if name not in names:
                yield not_a_field(f"{place}{name if name.isidentifier() else '?'}", filter(None, names))
            elif name != read_as.__struct_config__.tag_field:
                yield from _unknown(value, getattr(read_as, name), f"{place}{name}.")
    elif isinstance(read_as, tuple) and isinstance(raw, list):
        for index, (value, item) in enumerate(zip(raw, read_as, strict=True)):
            yield from _unknown(value, item, f"{place}{index}.")


def schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """The JSON Schema of every command, and by name those of their parts."""
    (schema,), components = msgspec.json.schema_components([Command], ref_template=_REF)
    return schema, components
