"""Why a body is no command, in words: msgspec says where and what, the contract which choices there are there.

What was sent is never quoted: msgspec's own message does, and it may be somebody's name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect
from padan_events.commands import Command
from padan_runtime import field_faults as words
from padan_runtime.field_faults import FieldFault, Text

_PLACE: Final = re.compile(r" - at (`key` in )?`\$\.?(.*)`$")
_LENGTH: Final = re.compile(r"of length (>=|<=) (\d+)")
_BOUND: Final = re.compile(r" (>=|<=|>|<) (-?[\d.]+)")
_MISSING: Final = re.compile(r"required field `(\w+)`")
_EXPECTED: Final = re.compile(r"^Expected `([^`]+)`")

_COMMANDS: Final[Mapping[str, type[msgspec.Struct]]] = {str(one.__struct_config__.tag): one for one in Command.__args__}
_KINDS: Final[Mapping[str, Text]] = {
    "str": words.TEXT,
    "int": words.WHOLE_NUMBER,
    "float": words.NUMBER,
    "bool": words.YES_OR_NO,
    "array": words.LIST,
    "object": words.OBJECT,
    "uuid": words.IDENTIFIER,
    "date": words.DATE,
    "datetime": words.TIME,
}
_FORMS: Final[Mapping[str, Text]] = {
    "Invalid UUID": words.IDENTIFIER,
    "Invalid RFC3339 encoded datetime": words.TIME,
    "Invalid RFC3339 encoded date": words.DATE,
}
_BOUNDS: Final[Mapping[str, Callable[[Any], Text]]] = {">=": words.at_least, "<=": words.at_most}

NOT_JSON: Final = FieldFault("body", "json_invalid", words.NOT_JSON)


def misfit(message: str, raw: Any) -> FieldFault:
    """What msgspec says of a body (`raw`: the same as plain JSON), with what was expected there."""
    found = _PLACE.search(message)
    of_key, path = (found.group(1), found.group(2)) if found else (None, "")
    place = _dotted(path)
    if missing := _MISSING.search(message):
        name = missing.group(1)
        inside = f"{place}.{name}" if place else name
        choices = _choices(raw, inside)
        return FieldFault(
            f"body.{inside}", "field_missing", words.MISSING_ONE_OF if choices else words.MISSING, choices
        )
    field = f"body.{place}" if place else "body"
    if length := _LENGTH.search(message) or _BOUND.search(message):
        bound = _BOUNDS.get(length.group(1))
        return FieldFault(field, "value_invalid", None if bound is None else bound(length.group(2)))
    if allowed := _choices(raw, place, of_key=of_key is not None):
        return FieldFault(field, "value_invalid", words.ONE_OF, allowed)
    kind = _EXPECTED.match(message)
    expected = _KINDS.get(kind.group(1).split(" | ")[0]) if kind else _form(message)
    return FieldFault(field, "value_invalid", expected)


def not_a_field(place: str, there_are: Iterable[str]) -> FieldFault:
    """A field that is not the contract's, and those that are."""
    return FieldFault(f"body.{place}", "field_unknown", words.NO_SUCH_FIELD, tuple(sorted(there_are)))


def _form(message: str) -> Text | None:
    return next((text for start, text in _FORMS.items() if message.startswith(start)), None)


def _choices(raw: Any, place: str, *, of_key: bool = False) -> tuple[str, ...]:
    """What may stand at a place, where that can be listed."""
    if place == "command":
        return tuple(sorted(_COMMANDS))
    name = raw.get("command") if isinstance(raw, dict) else None
    command = _COMMANDS.get(name) if isinstance(name, str) else None
    if command is None or not place:
        return ()
    kind: inspect.Type | None = inspect.type_info(command)
    for step in place.split("."):
        kind = None if kind is None else _inside(kind, step)
    kind = None if kind is None else _plain(kind)
    if of_key and isinstance(kind, inspect.DictType):
        kind = _plain(kind.key_type)
    return tuple(str(one.value) for one in kind.cls) if isinstance(kind, inspect.EnumType) else ()


def _plain(kind: inspect.Type) -> inspect.Type:
    """Without what is told of it, and without null."""
    while True:
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        elif isinstance(kind, inspect.UnionType) and (
            one := next((one for one in kind.types if not isinstance(one, inspect.NoneType)), None)
        ):
            kind = one
        else:
            return kind


def _inside(kind: inspect.Type, step: str) -> inspect.Type | None:
    kind = _plain(kind)
    if isinstance(kind, inspect.StructType):
        return next((field.type for field in kind.fields if field.encode_name == step), None)
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    return kind.item_type if isinstance(kind, inspect.VarTupleType | inspect.ListType) else None


def _dotted(path: str) -> str:
    return re.sub(r"\[(\d+)\]", r".\1", path).replace("[...]", ".*")
