"""JSON logs on standard output, one object a line, without personal data.

Only names in `ALLOWED` pass: a field that nobody thought about is dropped, not printed. Exceptions are logged by
type and place, never by message: a driver's message may quote a row.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

ALLOWED: Final = frozenset(
    {
        "address",
        "attempt",
        "batch_id",
        "code",
        "count",
        "error",
        "event",
        "events",
        "exit_code",
        "expected_pos",
        "household_id",
        "level",
        "list_id",
        "method",
        "name",
        "pos",
        "programme",
        "reader",
        "reason",
        "region",
        "role",
        "route",
        "rows",
        "seconds",
        "service",
        "shard",
        "shards",
        "signal",
        "stage",
        "state",
        "status",
        "timestamp",
        "topic",
        "topics",
        "upload_id",
        "version",
        "where",
    }
)


def _only_allowed(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value for name, value in fields.items() if name in ALLOWED}


def _exception_without_message(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    error = fields.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        fields["error"] = type(error).__qualname__
        frames = traceback.extract_tb(error.__traceback__)
        fields["where"] = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-6:]]
    return fields


class _Quiet(logging.Handler):
    """Lines of libraries: their level and logger, and the message only where it is a fixed text."""

    def emit(self, record: logging.LogRecord) -> None:
        # With arguments the message is a fixed text; without, it may have been put together from anything.
        reason = str(record.msg) if record.args else None
        structlog.get_logger().log(record.levelno, "library", name=record.name, reason=reason, exc_info=record.exc_info)


def configure(service: str, level: str = "info") -> None:
    """Set up logging for this process."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def of_service(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        # Not a context variable: a thread that a library starts would not see it.
        return {"service": service, **fields}

    structlog.configure(
        processors=[
            of_service,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exception_without_message,
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Quiet()]
    root.setLevel(max(number, logging.WARNING))


def logger() -> structlog.typing.FilteringBoundLogger:
    """The process's logger."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return bound
