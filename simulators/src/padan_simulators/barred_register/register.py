"""People to whom aid is barred by occupation, active or retired, and the batch question about them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
import polars as pl

Occupation = Literal["civil_servant", "army", "police", "welfare_worker"]
BARRED_SCHEMA: dict[str, pl.DataType] = {"nik": pl.String(), "occupation": pl.String()}
BATCH_LIMIT = 1_000


class CheckRequest(msgspec.Struct, frozen=True):
    """Up to 1,000 NIKs; `request_id` comes back."""

    request_id: str
    niks: Annotated[list[str], msgspec.Meta(max_length=BATCH_LIMIT)]


class CheckResponse(msgspec.Struct, frozen=True):
    """In the order of the request: the barred occupation of each NIK, or None."""

    request_id: str
    barred: list[Occupation | None]


def read_barred(frame: pl.DataFrame) -> dict[str, Occupation]:
    """Return NIK to occupation. Raises ValueError for a missing NIK or an unknown occupation."""
    if frame["nik"].null_count() or not frame["occupation"].is_in(get_args(Occupation)).fill_null(False).all():
        raise ValueError("a NIK is missing, or an occupation is unknown")
    return dict(frame.iter_rows())


def check_batch(barred: dict[str, Occupation], request: CheckRequest) -> CheckResponse:
    """Look every NIK up, in the request's order."""
    return CheckResponse(request.request_id, [barred.get(nik) for nik in request.niks])
