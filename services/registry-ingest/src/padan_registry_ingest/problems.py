"""Faults of files and requests as problems that reach a person."""

from padan_runtime.problems import Problem, Text

from padan_registry_ingest.domain.faults import FAULTS, FileFault
from padan_registry_ingest.domain.sending_faults import SENDING_FAULTS

_ALL = FAULTS | SENDING_FAULTS


def problem(code: str, **extra: object) -> Problem:
    """The problem of a code."""
    status, detail_id, detail_en, next_id, next_en = _ALL[code]
    if missing := extra.get("missing"):
        assert isinstance(missing, list)
        detail_id, detail_en = f"{detail_id} ({', '.join(missing)})", f"{detail_en} ({', '.join(missing)})"
    return Problem(code, status, Text(detail_id, detail_en), Text(next_id, next_en), **extra)


def problem_of(fault: FileFault) -> Problem:
    """The problem of a fault."""
    return problem(fault.code, **fault.extra)
