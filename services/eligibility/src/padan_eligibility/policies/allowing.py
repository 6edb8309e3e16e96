"""What may stand at a place of a policy document, told from the types it is read by."""

from collections.abc import Sequence

import msgspec
from msgspec import inspect

from padan_eligibility.domain.policy import Policy

Path = tuple[str | int, ...]
"""Names of fields and places in lists, from the top."""


def allowed_at(document: object, path: Path) -> tuple[str, ...]:
    """What is allowed at `path`: values, names of fields, or a bound; empty where nothing short says it."""
    expected: inspect.Type = inspect.type_info(Policy)
    value = document
    for part in path:
        choices = _structs(expected)
        tags = tuple(str(one.tag) for one in choices if one.tag_field == part)
        if tags:
            return tags
        expected, value = _step(expected, value, part)
    chosen = _chosen(expected, value)
    if isinstance(chosen, inspect.StructType):
        tag = () if chosen.tag_field is None else (chosen.tag_field,)
        return (*tag, *(field.encode_name for field in chosen.fields))
    return _values(chosen)


def _step(expected: inspect.Type, value: object, part: str | int) -> tuple[inspect.Type, object]:
    chosen = _chosen(expected, value)
    if isinstance(chosen, inspect.StructType) and isinstance(part, str):
        inner = value.get(part) if isinstance(value, dict) else None
        return next((f.type for f in chosen.fields if f.encode_name == part), inspect.AnyType()), inner
    if isinstance(chosen, inspect.VarTupleType) and isinstance(part, int):
        inside = isinstance(value, Sequence) and part < len(value)
        return chosen.item_type, value[part] if inside and isinstance(value, Sequence) else None
    return inspect.AnyType(), None


def _structs(expected: inspect.Type) -> list[inspect.StructType]:
    types = expected.types if isinstance(expected, inspect.UnionType) else (expected,)
    return [one for one in types if isinstance(one, inspect.StructType)]


def _chosen(expected: inspect.Type, value: object) -> inspect.Type:
    """Of a union, what the value says it is."""
    if isinstance(expected, inspect.Metadata):
        return _chosen(expected.type, value)
    if not isinstance(expected, inspect.UnionType):
        return expected
    structs = _structs(expected)
    if isinstance(value, dict):
        for one in structs:
            if one.tag_field is not None and value.get(one.tag_field) == one.tag:
                return one
    others = [one for one in expected.types if not isinstance(one, inspect.StructType | inspect.NoneType)]
    return others[0] if others else expected


def _values(expected: inspect.Type) -> tuple[str, ...]:
    if isinstance(expected, inspect.VarTupleType):
        return _values(expected.item_type)
    if isinstance(expected, inspect.EnumType):
        return tuple(str(one.value) for one in expected.cls)
    if isinstance(expected, inspect.UnionType):
        tagged = [one for one in _structs(expected) if one.tag_field is not None]
        return tuple(f"{one.tag_field}: {one.tag}" for one in tagged)
    if isinstance(expected, inspect.IntType):
        least = expected.ge if expected.ge is not None else None if expected.gt is None else expected.gt + 1
        return () if least is None else (f"{least} ... {'' if expected.le is None else expected.le}".strip(),)
    if isinstance(expected, inspect.StrType) and expected.pattern is not None:
        return (expected.pattern,)
    return ("YYYY-MM-DD",) if isinstance(expected, inspect.DateType) else ()


def fields_of(struct: type[msgspec.Struct]) -> list[tuple[str, str]]:
    """A Struct's fields with what may stand in them, in words."""
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    return [(field.encode_name, _described(field.type)) for field in described.fields]


def _described(expected: inspect.Type) -> str:
    if isinstance(expected, inspect.Metadata):
        return _described(expected.type)
    if isinstance(expected, inspect.VarTupleType):
        return f"list of {_described(expected.item_type)}"
    if isinstance(expected, inspect.UnionType):
        if _structs(expected):
            return "any of " + ("the criteria" if _structs(expected)[0].tag_field == "criterion" else "the conditions")
        return ", or ".join(
            "absent" if isinstance(one, inspect.NoneType) else _described(one) for one in expected.types
        )
    values = _values(expected)
    return " · ".join(f"`{value}`" for value in values) if values else "text in both languages (`id`, `en`)"
