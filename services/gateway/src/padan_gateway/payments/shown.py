"""The payments of a household, as they are told: what it was listed for, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from psycopg import Connection
from pydantic import Field as Described

from padan_gateway.answers import Model
from padan_gateway.payments import repository
from padan_gateway.payments.answers import Card, HoldReason, Status

_STATUS_ID = {
    "listed": "tercantum dalam daftar bayar",
    "account_checked": "rekening sudah dicek, menunggu perintah bayar",
    "account_failed": "rekening bermasalah; bank memperbaikinya",
    "ordered": "sudah diperintahkan untuk dibayar",
    "paid": "sudah dibayar ke rekening",
    "withdrawn": "sudah diambil",
    "not_withdrawn": "belum diambil",
    "returned": "dikembalikan ke kas negara",
    "excluded": "tidak dibayar",
}
_STATUS_EN = {
    "listed": "on the payment list",
    "account_checked": "the account was checked; waits for the order to pay",
    "account_failed": "there is something wrong with the account; the bank repairs it",
    "ordered": "ordered to be paid",
    "paid": "paid into the account",
    "withdrawn": "withdrawn",
    "not_withdrawn": "not withdrawn",
    "returned": "returned to the treasury",
    "excluded": "not paid",
}
_EXCLUDED_ID = {
    "occupation": "pekerjaan anggota keluarga",
    "regionally_ineligible": "dinyatakan tidak layak oleh daerah",
    "deceased": "anggota terakhir meninggal",
    "data_incomplete": "data belum lengkap",
    "welfare_worker": "petugas kesejahteraan sosial",
    "place_ended": "tempatnya sudah berakhir",
}
_EXCLUDED_EN = {
    "occupation": "the occupation of a member",
    "regionally_ineligible": "found not eligible by the region",
    "deceased": "the last member died",
    "data_incomplete": "data are incomplete",
    "welfare_worker": "a welfare worker",
    "place_ended": "its place has ended",
}
_HELD_ID = {
    "caretaker_died": "pengurus meninggal; dibayar setelah ada pengurus baru",
    "caretaker_left": "pengurus keluar dari keluarga; dibayar setelah ada pengurus baru",
    "death_reported": "ada laporan kematian yang belum dikonfirmasi",
    "by_owner": "ditahan oleh pemilik program",
}
_HELD_EN = {
    "caretaker_died": "its caretaker died; paid once there is a new one",
    "caretaker_left": "its caretaker left the family; paid once there is a new one",
    "death_reported": "a death was reported that nobody has confirmed yet",
    "by_owner": "held by the programme's owner",
}


class HouseholdHoldPart(Model):
    """Why a line waits, and until when at the latest (null: until what it waits for has happened)."""

    reason: HoldReason
    until: date | None


class HouseholdRecoveryPart(Model):
    """A payment of it that is to come back. `outcome` null: it is open."""

    recovery_id: UUID
    reason: Literal["paid_after_death", "paid_twice"]
    whose: Literal["household", "caretaker"] | None
    amount_idr: int
    outcome: Literal["returned", "received_by_family", "written_off", "unfounded"] | None


class PaymentPart(Model):
    """A family's line on a payment list; `recipient` is who receives for it. `since` is the date of its status."""

    list_id: UUID
    line: int
    programme: str = Described(examples=["sembako"])
    stage: str = Described(examples=["2026-T1"])
    regency: str = Described(examples=["3318"], description="Where the family lived at the stage's cut.")
    recipient: UUID
    amount_idr: int
    status: Status
    since: date
    reason: str | None = Described(description="Why it is excluded, or what the bank told: a code.")
    card: Card | None
    held: list[HouseholdHoldPart]
    recoveries: list[HouseholdRecoveryPart]
    text_id: str
    text_en: str


def payments_of(connection: Connection[Any], household_id: UUID) -> Sequence[dict[str, Any]]:
    """The payments of a household as `PaymentPart`, the latest first; under row-level security."""
    lines, recoveries = repository.of_household(connection, household_id)
    return [_payment(line, [one for one in recoveries if _of(one, line)]) for line in lines]


def _of(recovery: Mapping[str, Any], line: Mapping[str, Any]) -> bool:
    return bool((recovery["list_id"], recovery["line"]) == (line["list_id"], line["line"]))


def _payment(row: Mapping[str, Any], recoveries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    plain = ("list_id", "line", "programme", "stage", "regency", "recipient", "amount_idr", "status", "reason", "card")
    text_id, text_en = _in_words(row)
    return {
        **{name: row[name] for name in plain},
        "since": row["status_on"],
        "held": [{"reason": reason, "until": until} for reason, until in sorted(row["holds"].items())],
        "recoveries": [
            {name: one[name] for name in ("recovery_id", "reason", "whose", "amount_idr", "outcome")}
            for one in recoveries
        ],
        "text_id": text_id,
        "text_en": text_en,
    }


def _in_words(row: Mapping[str, Any]) -> tuple[str, str]:
    status, reason, on = row["status"], row["reason"], row["status_on"]
    amount = f"Rp {row['amount_idr']:,}"
    why_id, why_en = "", ""
    if status == "excluded" and reason in _EXCLUDED_ID:
        why_id, why_en = f" ({_EXCLUDED_ID[reason]})", f" ({_EXCLUDED_EN[reason]})"
    text_id = f"{row['stage']}, {amount.replace(',', '.')}: {_STATUS_ID[status]}{why_id}, {on:%d-%m-%Y}."
    text_en = f"{row['stage']}, {amount}: {_STATUS_EN[status]}{why_en}, {on:%Y-%m-%d}."
    for held in sorted(row["holds"]):
        text_id += f" Ditahan: {_HELD_ID[held]}."
        text_en += f" Held: {_HELD_EN[held]}."
    return text_id, text_en
