"""Which row of a group of duplicates stays valid. Pure: rows in file order in, reasons to add out."""

from collections.abc import Sequence

import msgspec

from padan_registry_ingest.domain.reasons import BIT


class Claim(msgspec.Struct, frozen=True):
    """What a row lays claim to. `nik` and `card` are None where the row has no well-formed one.

    `people` are the NIKs of the whole family, the recipient's included; `reasons` is what else is wrong with the row.
    """

    row: int
    nik: str | None
    card: str | None
    people: frozenset[str]
    reasons: int


def resolve(claims: Sequence[Claim]) -> dict[int, int]:
    """By row, the set of reasons that duplicates add.

    The first otherwise valid row of a group stays valid, for NIK and family card alike: rows are walked in file order,
    and one is kept where neither its NIK, nor its card, nor any of its people was taken by a row kept before. Where no
    row of a group is otherwise valid, the first of it counts as the one the others repeat. A row that repeats both NIK
    and card has both reasons.
    """
    kept_nik: dict[str, int] = {}
    kept_card: dict[str, int] = {}
    kept_person: dict[str, int] = {}
    for claim in claims:
        if claim.reasons or _taken(claim, kept_nik, kept_card) or any(nik in kept_person for nik in claim.people):
            continue
        if claim.nik is not None:
            kept_nik[claim.nik] = claim.row
        if claim.card is not None:
            kept_card[claim.card] = claim.row
        kept_person |= dict.fromkeys(claim.people, claim.row)
    for claim in claims:
        if claim.nik is not None:
            kept_nik.setdefault(claim.nik, claim.row)
    first_of_card = _first_of_card(claims, kept_card)
    added: dict[int, int] = {}
    for claim in claims:
        reasons = 0
        if claim.nik is not None and kept_nik[claim.nik] != claim.row:
            reasons |= BIT["duplicate_in_file"]
        if claim.card is not None and first_of_card[claim.card] != claim.row:
            reasons |= BIT["family_card_duplicate"]
        # A row that repeats a NIK or a card shares people by that alone: it says nothing more.
        if not reasons and any(kept_person.get(nik, claim.row) != claim.row for nik in claim.people):
            reasons |= BIT["duplicate_in_register"]
        if reasons:
            added[claim.row] = reasons
    return added


def _taken(claim: Claim, niks: dict[str, int], cards: dict[str, int]) -> bool:
    return (claim.nik is not None and claim.nik in niks) or (claim.card is not None and claim.card in cards)


def _first_of_card(claims: Sequence[Claim], kept: dict[str, int]) -> dict[str, int]:
    first = dict(kept)
    for claim in claims:
        if claim.card is not None:
            first.setdefault(claim.card, claim.row)
    return first
