"""What is wrong by itself with a command about recipients, rounds or objections. Pure: no register is asked here."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from padan_events.commands import Fault
from padan_events.commands.objections import AppealObjection, RaiseObjection
from padan_events.commands.recipients import AnsweredCase, ProposeProgramme, Resign, VerifyRecipient, VerifyRecipients
from padan_events.recipients import VerificationResult

from padan_registry_ingest.domain.texts import EARLIEST, LONGEST_NOTE, text_faults
from padan_registry_ingest.domain.visits import off_the_map

_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_PROGRAMME: Final = re.compile(r"[a-z][a-z0-9_-]{1,39}", re.ASCII)
"""A code stands in the clear, so nothing that could name anybody may be one."""
_LONGEST_NAME: Final = 100


def recipient_faults(command: Any, now: datetime) -> Iterator[Fault]:
    """All that is wrong, in the order of the form."""
    month = getattr(command, "month", None)
    if isinstance(month, str) and _MONTH.fullmatch(month) is None:
        yield Fault("month_invalid", "month")
    if isinstance(command, ProposeProgramme) and _PROGRAMME.fullmatch(command.programme) is None:
        yield Fault("programme_invalid", "programme")
    if isinstance(command, VerifyRecipient):
        yield from _verification(command, "")
    if isinstance(command, VerifyRecipients):
        for index, case in enumerate(command.cases):
            yield from _verification(case, f"cases.{index}.")
    if isinstance(command, Resign):
        yield from _resignation(command, (now + timedelta(hours=9)).date())  # the easternmost date
    if isinstance(command, RaiseObjection | AppealObjection):
        if not command.text:
            yield Fault("text_missing", "text")
        yield from text_faults(command.text, LONGEST_NOTE, "text")
        yield from text_faults(command.on_behalf_of, _LONGEST_NAME, "on_behalf_of")
    if isinstance(command, RaiseObjection) and command.map_point is not None:
        yield from off_the_map(command.map_point, now)


def _verification(answer: VerifyRecipient | AnsweredCase, place: str) -> Iterator[Fault]:
    if answer.result is VerificationResult.NOT_ENTITLED:
        if answer.reason is None:
            yield Fault("reason_missing", f"{place}reason")
        if answer.photo is None:
            yield Fault("photo_missing", f"{place}photo")
    elif answer.reason is not None or answer.photo is not None:
        yield Fault("reason_not_needed", place + ("reason" if answer.reason is not None else "photo"))


def _resignation(command: Resign, latest: date) -> Iterator[Fault]:
    for index, programme in enumerate(command.programmes):
        if _PROGRAMME.fullmatch(programme) is None:
            yield Fault("programme_invalid", f"programmes.{index}")
    if command.confirmed_by_head is not (command.confirmed_on is not None):
        yield Fault("confirmation_unclear", "confirmed_on")
    elif command.confirmed_on is not None and command.confirmed_on > latest:
        yield Fault("date_in_future", "confirmed_on")
    elif command.confirmed_on is not None and command.confirmed_on < EARLIEST:
        yield Fault("date_too_early", "confirmed_on")
