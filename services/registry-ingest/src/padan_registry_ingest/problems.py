"""Faults of files and requests as problems that reach a person."""

from padan_runtime.problems import Problem, Text

from padan_registry_ingest.domain.fault_words import filled
from padan_registry_ingest.domain.faults import FAULTS, FileFault
from padan_registry_ingest.domain.photo_faults import PHOTO_FAULTS
from padan_registry_ingest.domain.sending_faults import SENDING_FAULTS

_ALL = FAULTS | SENDING_FAULTS | PHOTO_FAULTS


def problem(code: str, **extra: object) -> Problem:
    """The problem of a code."""
    status, *words = _ALL[code]
    detail_id, detail_en, next_id, next_en = filled((words[0], words[1], words[2], words[3]), extra)
    return Problem(code, status, Text(detail_id, detail_en), Text(next_id, next_en), **extra)


def problem_of(fault: FileFault) -> Problem:
    """The problem of a fault."""
    return problem(fault.code, **fault.extra)
