"""Why a record is parked, said without a word of what is in it."""

import traceback
from enum import StrEnum
from itertools import takewhile

import msgspec
from padan_events import EnvelopeError, UnknownEventTypeError

from padan_runtime.sealing import SealError


class Reason(StrEnum):
    """Why a record is parked."""

    UNDECODABLE = "undecodable"
    UNKNOWN_TYPE = "unknown_type"
    HANDLER_FAILED = "handler_failed"
    BEHIND = "behind"
    NOT_AN_EVENT = "not_an_event"


class Fault(msgspec.Struct, frozen=True):
    """A reason, and for what was raised its class and place."""

    reason: Reason
    error: str | None = None


BEHIND = Fault(Reason.BEHIND)

_UNREADABLE = (msgspec.MsgspecError, UnicodeError, SealError)


def fault_of(error: BaseException) -> Fault:
    """The fault that an exception means. Never its text: a message may quote what a person wrote."""
    match error:
        case EnvelopeError():
            reason = Reason.NOT_AN_EVENT
        case UnknownEventTypeError():
            reason = Reason.UNKNOWN_TYPE
        case _ if isinstance(error, _UNREADABLE):
            reason = Reason.UNDECODABLE
        case _:
            reason = Reason.HANDLER_FAILED
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return Fault(reason, " ".join(filter(None, (name, _place(error)))))


def _place(error: BaseException) -> str:
    """File and line of the innermost frame of ours, or of the innermost one: `padan_events/registry.py:80`."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "padan_" in frame.filename]
    if not frames:
        return ""
    frame = (own or frames)[-1]
    parts = list(
        reversed(
            list(takewhile(lambda part: part not in ("src", "site-packages"), reversed(frame.filename.split("/"))))
        )
    )
    return f"{'/'.join(parts[-3:])}:{frame.lineno}"
