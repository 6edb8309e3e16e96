"""What is wrong by itself with a command about who belongs to which family. Pure: no register is asked here."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from padan_events.commands import Command, Fault
from padan_events.commands.families import AddMember, SplitHousehold
from padan_events.commands.relocations import AcceptRelocation, RelocateHousehold, RequestRelocation

from padan_registry_ingest.domain.proposals import card_faults, member_faults, place_faults, tidied_member
from padan_registry_ingest.domain.texts import EARLIEST, line


def tidied_family(command: Any) -> Any:
    """The command as it was meant: without blanks around what was typed."""
    if isinstance(command, AddMember):
        return msgspec.structs.replace(command, member=tidied_member(command.member))
    if isinstance(command, SplitHousehold):
        return _tidied_place(command)
    if isinstance(command, RelocateHousehold | RequestRelocation):
        return msgspec.structs.replace(command, to=_tidied_place(command.to))
    if isinstance(command, AcceptRelocation):
        return msgspec.structs.replace(command, family_card_number=(command.family_card_number or "").strip() or None)
    return command


def _tidied_place(place: Any) -> Any:
    return msgspec.structs.replace(
        place,
        family_card_number=(place.family_card_number or "").strip() or None,
        address=line(place.address or "") or None,
        rt=line(place.rt or "") or None,
        rw=line(place.rw or "") or None,
    )


def family_faults(command: Command, now: datetime) -> list[Fault]:
    """All that is wrong, in the order of the form."""
    return list(_found(command, now))


def _found(command: Any, now: datetime) -> Iterator[Fault]:
    on = getattr(command, "occurred_on", None)
    if isinstance(command, AddMember):
        # The easternmost date: what day it is in the village, household knows.
        yield from member_faults(command.member, "member", (now + timedelta(hours=9)).date())
    if isinstance(command, SplitHousehold):
        yield from card_faults(command.family_card_number, "family_card_number")
        yield from place_faults(command, "")
    if isinstance(command, RelocateHousehold | RequestRelocation):
        yield from card_faults(command.to.family_card_number, "to.family_card_number")
        yield from place_faults(command.to, "to.")
    if isinstance(command, AcceptRelocation):
        yield from card_faults(command.family_card_number, "family_card_number")
    if on is not None and on < EARLIEST:
        yield Fault("date_too_early", "occurred_on")
