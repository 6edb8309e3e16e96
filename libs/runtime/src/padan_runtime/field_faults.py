"""What is wrong with a field of a request, in words: what was expected there, never what came."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

_SHOWN: Final = 12
"""More choices than these are listed beside the text and not in it."""


class Text(msgspec.Struct, frozen=True):
    """One text in Indonesian and English."""

    id: str
    en: str


class FieldFault(NamedTuple):
    """A field that does not fit: where it is, a stable word for what is wrong, what was expected, and which values or
    names there are, where they can be listed."""

    field: str
    error: str
    expected: Text | None = None
    allowed: tuple[str, ...] = ()

    def told(self) -> Text:
        """Where it is and what was expected there."""
        if self.expected is None:
            return Text(self.field, self.field)
        indonesian, english = self.expected.id, self.expected.en
        if len(self.allowed) > _SHOWN:
            indonesian, english = f"{indonesian}: lihat allowed", f"{english}: see allowed"
        elif self.allowed:
            indonesian, english = (f"{text}: {', '.join(self.allowed)}" for text in (indonesian, english))
        return Text(f"{self.field} ({indonesian})", f"{self.field} ({english})")

    def document(self) -> dict[str, Any]:
        """The fault as an entry of `fields` in a problem document."""
        words = {} if self.expected is None else {"expected": self.expected.en, "expected_id": self.expected.id}
        return {
            "field": self.field,
            "error": self.error,
            **words,
            **({"allowed": self.allowed} if self.allowed else {}),
        }


MISSING: Final = Text("belum diisi", "it is missing")
MISSING_ONE_OF: Final = Text("belum diisi; pilih salah satu", "it is missing; choose one of")
ONE_OF: Final = Text("pilih salah satu", "choose one of")
NO_SUCH_FIELD: Final = Text("isian ini tidak ada; yang ada", "there is no such field; there are")
NOT_JSON: Final = Text("kiriman ini bukan JSON", "this is not JSON")
TEXT: Final = Text("harus berupa teks", "text is expected")
WHOLE_NUMBER: Final = Text("harus bilangan bulat", "a whole number is expected")
NUMBER: Final = Text("harus berupa angka", "a number is expected")
YES_OR_NO: Final = Text("harus true atau false", "true or false is expected")
LIST: Final = Text("harus berupa daftar [...]", "a list [...] is expected")
OBJECT: Final = Text("harus berupa objek {...}", "an object {...} is expected")
IDENTIFIER: Final = Text("harus berupa UUID", "a UUID is expected")
DATE: Final = Text("tanggal seperti 2026-03-10", "a date such as 2026-03-10")
TIME: Final = Text("waktu RFC 3339 seperti 2026-03-10T09:00:00+07:00", "a time of RFC 3339: 2026-03-10T09:00:00+07:00")

_BY_TYPE: Final[Mapping[str, Text]] = {
    "missing": MISSING,
    "json_invalid": NOT_JSON,
    "string_type": TEXT,
    "int_type": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "bool_type": YES_OR_NO,
    "bool_parsing": YES_OR_NO,
    "list_type": LIST,
    "tuple_type": LIST,
    "dict_type": OBJECT,
    "model_attributes_type": OBJECT,
    "uuid_parsing": IDENTIFIER,
    "uuid_type": IDENTIFIER,
    "date_type": DATE,
    "date_parsing": DATE,
    "date_from_datetime_parsing": DATE,
    "datetime_type": TIME,
    "datetime_parsing": TIME,
    "datetime_from_date_parsing": TIME,
    "extra_forbidden": Text("isian ini tidak ada", "there is no such field"),
}


def at_least(number: Any) -> Text:
    return Text(f"sedikitnya {number}", f"at least {number}")


def at_most(number: Any) -> Text:
    return Text(f"paling banyak {number}", f"at most {number}")


_BOUNDS: Final[Mapping[str, tuple[str, Callable[[Any], Text]]]] = {
    "string_too_short": ("min_length", at_least),
    "too_short": ("min_length", at_least),
    "string_too_long": ("max_length", at_most),
    "too_long": ("max_length", at_most),
    "greater_than_equal": ("ge", at_least),
    "less_than_equal": ("le", at_most),
}


def of_form(fault: Mapping[str, Any]) -> FieldFault:
    """What FastAPI found in a path, a header, a query or a form. Its own words may quote what came: they stay here."""
    place, kind = ".".join(str(part) for part in fault["loc"]), str(fault["type"])
    said: Mapping[str, Any] = fault.get("ctx") or {}
    if kind in {"enum", "literal_error"}:
        allowed = str(said.get("expected", "")).replace(" or ", ", ").replace("'", "")
        return FieldFault(place, kind, ONE_OF, tuple(filter(None, allowed.split(", "))))
    if kind in _BOUNDS:
        name, bound = _BOUNDS[kind]
        return FieldFault(place, kind, bound(said.get(name)))
    if kind == "string_pattern_mismatch":
        return FieldFault(place, kind, _form(str(said.get("pattern"))))
    if kind == "json_invalid":  # behind the field stands at which character
        place = str(fault["loc"][0])
    return FieldFault(place, kind, _BY_TYPE.get(kind))


_SUCH_AS: Final[Mapping[str, str]] = {
    "^[0-9]{4}$": "3318",
    "^[mf]$": "f",
    "^20[0-9]{2}-(0[1-9]|1[0-2])$": "2026-03",
    "^[0-9]{4}\\.[0-9]{1,6}$": "2026.1",
    "^[a-z][a-z0-9_]{1,40}$": "pkh",
}
"""To a person an example says more than a pattern."""


def _form(pattern: str) -> Text:
    example = _SUCH_AS.get(pattern)
    if example is None:
        return Text("bentuknya keliru", "its form is wrong")
    return Text(f"seperti {example}", f"such as {example}")


def sentence(faults: Sequence[FieldFault]) -> Text:
    """What is wrong, of all of them."""
    told = [fault.told() for fault in faults]
    return Text(
        f"Isian ini keliru: {', '.join(one.id for one in told)}.",
        f"This is not right: {', '.join(one.en for one in told)}.",
    )
