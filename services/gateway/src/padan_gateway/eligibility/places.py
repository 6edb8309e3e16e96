"""The places of a household, as they are told: held, waited for at which rank and why, or ended."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from padan_events.envelope import rfc3339
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import Field as Described

from padan_gateway.answers import Model
from padan_gateway.eligibility import ranking

NO_DECILE = 11
_ENDED_ID = {
    "not_entitled": "keluarga ini tidak lagi memenuhi syarat",
    "found_not_entitled": "verifikasi bulanan menyatakan keluarga ini tidak layak lagi",
    "review_founded": "peninjauan kecocokan dengan data lain terbukti",
    "resigned": "keluarga ini mengundurkan diri",
    "undetermined": "ada fakta yang belum diketahui",
    "left_the_register": "keluarga ini keluar dari data",
    "moved": "keluarga ini pindah",
    "moved_along": "keluarga ini pindah bersama tempatnya",
}
_ENDED_EN = {
    "not_entitled": "the family is no longer entitled",
    "found_not_entitled": "the monthly verification found the family not entitled any more",
    "review_founded": "the review of a match with another register was founded",
    "resigned": "the family resigned",
    "undetermined": "a fact is not known",
    "left_the_register": "the family left the register",
    "moved": "the family moved",
    "moved_along": "the family moved, and its place with it",
}


class PlaceStatus(StrEnum):
    """Whether a family holds a place, waits for one, or does so no longer."""

    HELD = "held"
    WAITING = "waiting"
    ENDED = "ended"


class PlacePart(Model):
    """A family's place in a programme. `rank` counts from 1 among those who wait in its regency, by the programme's own
    order (`ordered_by`, empty where it has none), then by decile, criteria of 2022 that hold, and the date of
    determination; null where it does not wait. `criteria_met` is for who may read explanations, with a purpose; else
    null. `quota`, `places` and `on_the_list` are the regency's as its last round left them."""

    programme: str = Described(examples=["pkh"])
    regency: str = Described(examples=["3318"])
    status: PlaceStatus
    rank: int | None = Described(ge=1)
    decile: int | None
    criteria_met: int | None
    determined_on: date | None
    ordered_by: list[str] = Described(examples=[["component:elderly", "household_size"]])
    reason: str | None = Described(description="Why it ended: a code.", examples=["left_the_register"])
    quota: int
    places: int
    on_the_list: int
    round: int
    since: datetime
    text_id: str
    text_en: str


def places_of(connection: Connection[Any], household_id: UUID, *, explained: bool) -> Sequence[dict[str, Any]]:
    """The places of a household as `PlacePart`, by programme; under row-level security. How many criteria hold is of
    the family's sealed answers: only where decisions are `explained` to the caller."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT p.*, l.quota, l.places, l.waiting, CASE WHEN p.status = 'waiting' THEN 1 + waiting_before("
            "p.programme, p.regency, p.own_order, p.decile, p.unmet, p.determined_on, p.household_id) END AS rank "
            "FROM place_view p LEFT JOIN ledger_view l USING (programme, regency) WHERE p.household_id = %s "
            "ORDER BY p.programme",
            [household_id],
        ).fetchall()
    return [_place(row, explained) for row in rows]


def _place(row: Mapping[str, Any], explained: bool) -> dict[str, Any]:
    text_id, text_en = _in_words(row, explained)
    ranked = row["decile"] is not None
    return {
        **{name: row[name] for name in ("programme", "regency", "status", "rank", "reason", "round", "determined_on")},
        "ordered_by": row["ordered_by"],
        "decile": row["decile"] if ranked and row["decile"] != NO_DECILE else None,
        "criteria_met": -row["unmet"] if ranked and explained else None,
        # Where the round itself is still on its way: it comes in another shard than the place.
        "quota": row["quota"] or 0,
        "places": row["places"] or 0,
        "on_the_list": row["waiting"] or 0,
        "since": rfc3339(row["since"]),
        "text_id": text_id,
        "text_en": text_en,
    }


def _in_words(row: Mapping[str, Any], explained: bool) -> tuple[str, str]:
    quota = row["quota"] or 0
    if row["status"] == "held":
        return (
            f"Mendapat tempat. Kuota kabupaten/kota: {quota}; terisi: {row['places'] or 0}.",
            f"Holds a place. The regency's quota: {quota}; taken: {row['places'] or 0}.",
        )
    if row["status"] == "ended":
        return f"Berakhir: {_ENDED_ID[row['reason']]}.", f"Ended: {_ENDED_EN[row['reason']]}."
    decile = row["decile"] if row["decile"] != NO_DECILE else None
    on, of = row["determined_on"], max(row["waiting"] or 0, row["rank"])
    met_id, met_en = (
        (f"{-row['unmet']} dari 9 kriteria, ", f"{-row['unmet']} of 9 criteria, ") if explained else ("", "")
    )
    keys = ranking.keys(row["ordered_by"], row["own_order"], explained=explained)
    own_id, own_en = ("".join(f"{said}, " for said in ranking.told(keys, language)) for language in ("id", "en"))
    first_id, first_en = ("".join(f"{name}, " for name in ranking.names(keys, language)) for language in ("id", "en"))
    return (
        f"Nomor {row['rank']} dari {of} dalam daftar tunggu: {own_id}desil {decile or 'belum diketahui'}, {met_id}"
        f"ditetapkan {on:%d-%m-%Y}. Urutan: {first_id}desil, kriteria, lalu tanggal penetapan.",
        f"Number {row['rank']} of {of} on the waiting list: {own_en}decile {decile or 'not known'}, {met_en}"
        f"determined on {on:%Y-%m-%d}. Order: {first_en}decile, criteria, then date of determination.",
    )
