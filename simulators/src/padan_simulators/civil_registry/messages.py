"""The civil registry's batch question and answer. Only flags and a status come back, never its data."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

Status = Literal["active", "deceased", "moved", "blocked"]
BATCH_LIMIT = 1_000


class MatchItem(msgspec.Struct, frozen=True):
    """One person as another register knows them. A field that is None is not compared."""

    nik: str
    name: str | None = None
    birth_date: date | None = None
    sex: Literal["m", "f"] | None = None
    family_card_number: str | None = None
    mother_name: str | None = None


class MatchRequest(msgspec.Struct, frozen=True):
    """Up to 1,000 persons; `request_id` comes back, and is what the caller keeps as evidence."""

    request_id: str
    items: Annotated[list[MatchItem], msgspec.Meta(max_length=BATCH_LIMIT)]


class Agreement(msgspec.Struct, frozen=True):
    """SESUAI (True) or TIDAK SESUAI (False) by field; None where there was nothing to compare."""

    nik: bool
    name: bool | None = None
    birth_date: bool | None = None
    sex: bool | None = None
    family_card_number: bool | None = None
    mother_name: bool | None = None


class Match(msgspec.Struct, frozen=True):
    """The answer for one item. When the NIK is not found, `status` is None and nothing else is compared."""

    found: bool
    status: Status | None
    agreement: Agreement


class MatchResponse(msgspec.Struct, frozen=True):
    """The answers, in the order of the request's items."""

    request_id: str
    items: list[Match]
