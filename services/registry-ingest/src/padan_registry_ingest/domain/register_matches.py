"""What a foreign register says of a person, as it is sent, and what is wrong with it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID, uuid5

import msgspec
from padan_events.reviews import ForeignRegister

from padan_registry_ingest.domain.numbers import nik_reasons
from padan_registry_ingest.domain.reasons import codes
from padan_registry_ingest.domain.texts import EARLIEST, text_faults

MOST_MATCHES: Final = 1_000
_NAMESPACE: Final = UUID("0e6f2c1b-77a4-5b0e-8d7c-90b1f5a3c2d4")
_EASTERN_TIME: Final = timedelta(hours=9)
_LONGEST: Final = 200


class SentMatch(msgspec.Struct, frozen=True, kw_only=True):
    """One match. `reference` names the register's entry, `detail` is the register's own short code of what it found;
    `within`: the gateway has seen the person in the region that the sender acts for."""

    nik: str
    register: ForeignRegister
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST)]
    matched_on: date
    detail: Annotated[str, msgspec.Meta(max_length=_LONGEST)] = ""
    within: bool = True


def fault(match: SentMatch, now: datetime) -> str | None:
    """The code of what is wrong with a match; None: nothing. Whether the register holds the person is seen later."""
    found = codes(nik_reasons(match.nik, was_number=False))
    if found:
        return found[0]
    for text in (match.reference, match.detail):
        faults = list(text_faults(text, _LONGEST, "reference"))
        if faults:
            return faults[0].code
    if match.matched_on > (now + _EASTERN_TIME).date():
        return "date_in_future"
    return "date_too_early" if match.matched_on < EARLIEST else None


def report_id(keyed_hash: Callable[[str], bytes], nik_hash: bytes, register: ForeignRegister, reference: str) -> UUID:
    """The id of a match: an entry of a register about a person is one, whoever tells of it and however often.

    It goes out in events in clear. There are few registers, and their references can be tried: so it is made with the
    services' key, without which nobody who knows the person's hash confirms a guess by it."""
    # Hashes under this key are of numbers, or begin with a word of their own.
    return uuid5(_NAMESPACE, keyed_hash(f"match:{nik_hash.hex()}\n{register.value}\n{reference}").hex())


BARRED_REGISTER: Final = "barred_register"
"""The entry of whoever stands in the register of barred occupations: it names its entries only by occupation."""
OCCUPATIONS: Final = {
    "civil_servant": ForeignRegister.CIVIL_SERVICE,
    "army": ForeignRegister.ARMY_POLICE,
    "police": ForeignRegister.ARMY_POLICE,
    "welfare_worker": ForeignRegister.WELFARE_WORKERS,
}
"""By what that register answers, which register it stands for."""
