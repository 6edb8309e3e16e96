"""What is wrong with a correction by itself. Pure: no register is asked here."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import UNSET
from padan_events.commands import Fault
from padan_events.commands.corrections import CorrectHousehold, CorrectMember, LinkIdentity, RecheckIdentity

from padan_registry_ingest.domain.cells import longest_of
from padan_registry_ingest.domain.numbers import family_card_reasons
from padan_registry_ingest.domain.proposals import EARLIEST_BIRTH, TEXTS, nik_faults
from padan_registry_ingest.domain.texts import line, text_faults

_LINES: Final = ("name", "address", "rt", "rw")
_NUMBERS: Final = ("nik", "family_card_number")


def tidied_correction(command: Any) -> Any:
    """The command as it was meant: a field that was left blank is emptied, a line break in text is a space; and what a
    sender claims that a register said is left out."""
    changed: dict[str, Any] = {}
    for names, tidy in ((_LINES, line), (_NUMBERS, str.strip)):
        for name in names:
            value = getattr(command, name, UNSET)
            if isinstance(value, str):
                text = tidy(value)
                changed[name] = text if name == "name" or isinstance(command, LinkIdentity) else text or None
    if isinstance(command, CorrectMember | LinkIdentity | RecheckIdentity):
        changed["match"] = None
    return msgspec.structs.replace(command, **changed)


def correction_faults(command: Any, today: date) -> list[Fault]:
    """All that is wrong, in the order of the form; `today` is the latest date anywhere in the country."""
    if isinstance(command, CorrectMember | LinkIdentity):
        return list(_of_member(command, today))
    return list(_of_household(command)) if isinstance(command, CorrectHousehold) else []


def _of_member(command: Any, today: date) -> Iterator[Fault]:
    name, born = getattr(command, "name", UNSET), getattr(command, "birth_date", UNSET)
    if name is not UNSET:
        if not any(map(str.isalpha, name)):
            yield Fault("name_missing", "name")
        yield from text_faults(name, longest_of("NAMA"), "name")
    if isinstance(command.nik, str):
        yield from nik_faults(command.nik, "nik")
    if isinstance(born, date) and not EARLIEST_BIRTH <= born <= today:
        yield Fault("birth_date_invalid", "birth_date")


def _of_household(command: CorrectHousehold) -> Iterator[Fault]:
    card = command.family_card_number
    if isinstance(card, str) and family_card_reasons(card):
        yield Fault("family_card_length", "family_card_number")
    for name, column in TEXTS.items():
        value = getattr(command, name)
        yield from text_faults(value if isinstance(value, str) else None, longest_of(column), name)
