"""What is wrong by itself with a command about needs. Pure: no register is asked here."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from padan_events.commands import Fault
from padan_events.commands.needs import DeliverIntervention, RecordNeed, ReferNeed

from padan_registry_ingest.domain.texts import EARLIEST, text_faults

_LONGEST_NAME: Final = 100


def need_faults(command: Any, now: datetime) -> Iterator[Fault]:
    """All that is wrong, in the order of the form."""
    if not isinstance(command, RecordNeed | ReferNeed | DeliverIntervention):
        return
    if isinstance(command, ReferNeed):
        if not command.to.strip():
            yield Fault("referral_missing", "to")
        yield from text_faults(command.to, _LONGEST_NAME, "to")
    if command.occurred_on > (now + timedelta(hours=9)).date():  # the easternmost date; which village, household knows
        yield Fault("date_in_future", "occurred_on")
    elif command.occurred_on < EARLIEST:
        yield Fault("date_too_early", "occurred_on")
