"""Participants of the national health insurance, by NIK, and the batch question about them.

Field names are those of BPJS files (docs/domain.md); how its own service is asked is not published, so the question has
the form of the other registers here.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
import polars as pl

Status = Literal["aktif", "nonaktif", "meninggal"]
PARTICIPANT_SCHEMA: dict[str, pl.DataType] = {
    "nomorkartu": pl.String(),
    "nik": pl.String(),
    "nomorkk": pl.String(),
    "nama": pl.String(),
    "jeniskelamin": pl.String(),
    "tanggallahir": pl.String(),
    "status": pl.String(),
}
BATCH_LIMIT = 1_000


class ParticipantRequest(msgspec.Struct, frozen=True):
    """Up to 1,000 NIKs; `request_id` comes back."""

    request_id: str
    niks: Annotated[list[str], msgspec.Meta(max_length=BATCH_LIMIT)]


class Participant(msgspec.Struct, frozen=True):
    """A participant: card number (13 digits), NIK, family card, name, L or P, birth date as DD-MM-YYYY, status."""

    nomorkartu: str
    nik: str
    nomorkk: str
    nama: str
    jeniskelamin: Literal["L", "P"]
    tanggallahir: str
    status: Status


class ParticipantResponse(msgspec.Struct, frozen=True):
    """In the order of the request: each participant, or None for a NIK that is none."""

    request_id: str
    items: list[Participant | None]


def read_participants(frame: pl.DataFrame) -> dict[str, Participant]:
    """Return NIK to participant. Raises ValueError for a missing value, an unknown status or an unknown sex."""
    known = frame["status"].is_in(get_args(Status)).all() and frame["jeniskelamin"].is_in(["L", "P"]).all()
    if sum(frame.null_count().row(0)) or not known:
        raise ValueError("a participant lacks a value, or has an unknown status or sex")
    return {row["nik"]: Participant(**row) for row in frame.iter_rows(named=True)}


def answer_batch(participants: dict[str, Participant], request: ParticipantRequest) -> ParticipantResponse:
    """Look every NIK up, in the request's order."""
    return ParticipantResponse(request.request_id, [participants.get(nik) for nik in request.niks])
