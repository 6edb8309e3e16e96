"""What is wrong with a command about cases by itself. Pure: no register is asked here."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from padan_events.commands import Command, Fault
from padan_events.commands.cases import Approve, Deliberate

from padan_registry_ingest.domain.needs import need_faults
from padan_registry_ingest.domain.recipients import recipient_faults
from padan_registry_ingest.domain.texts import EARLIEST, LONGEST_NOTE, line, text_faults

_MINUTES_NUMBER: Final = re.compile(r"(?=.*[0-9])[0-9A-Za-z./ -]{1,60}", re.ASCII)
"""A number of a document, such as 141/07/BA/2026: it stands in the clear, so nothing else may."""
_AHEAD: Final = timedelta(minutes=5)
"""How far the clock of whoever sends may be ahead of ours."""


def tidied_case(command: Any) -> Any:
    """The command as it was meant: what was left blank is left out."""
    tidy: dict[str, Any] = {}
    for name in ("note", "on_behalf_of"):
        if name in command.__struct_fields__:
            tidy[name] = line(getattr(command, name) or "") or None
    if "text" in command.__struct_fields__:
        tidy["text"] = line(command.text)
    return msgspec.structs.replace(command, **tidy) if tidy else command


def case_faults(command: Command, now: datetime) -> list[Fault]:
    """All that is wrong, in the order of the form."""
    return list(_found(command, now))


def _found(command: Any, now: datetime) -> Iterator[Fault]:
    if isinstance(command, Deliberate):
        if command.held_on > (now + timedelta(hours=9)).date():  # the easternmost date; which village, household knows
            yield Fault("date_in_future", "held_on")
        if command.held_on < EARLIEST:
            yield Fault("date_too_early", "held_on")
        if _MINUTES_NUMBER.fullmatch(command.minutes_number) is None:
            yield Fault("minutes_number_invalid", "minutes_number")
    if isinstance(command, Approve) and command.given_at is not None:
        if command.given_at.tzinfo is None:
            yield Fault("time_without_zone", "given_at")
        elif command.given_at > now + _AHEAD:
            yield Fault("date_in_future", "given_at")
    yield from recipient_faults(command, now)
    yield from need_faults(command, now)
    yield from text_faults(getattr(command, "note", None), LONGEST_NOTE, "note")
