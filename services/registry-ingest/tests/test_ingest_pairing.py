"""Which row of the file before a corrected row is: pure, against any files."""

from uuid import UUID, uuid5

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from padan_registry_ingest import NAMESPACE
from padan_registry_ingest.batches.chunks import Chunk
from padan_registry_ingest.correcting.fingerprints import Fingerprint, fingerprints
from padan_registry_ingest.correcting.pairing import (
    CHANGED_ACCEPTED,
    NEW,
    UNCHANGED,
    WAS_INVALID,
    Earlier,
    pair,
)
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.domain.sending_faults import SENDING_FAULTS
from padan_registry_ingest.problems import problem

HOUSEHOLD = uuid5(NAMESPACE, "a household")
keys = st.none() | st.sampled_from([b"a", b"b", b"c"])
households = st.none() | st.just(HOUSEHOLD)
sent = st.builds(Fingerprint, row=st.just(0), nik=keys, card=keys, person=keys, digest=st.sampled_from([b"1", b"2"]))
earlier = st.builds(
    Earlier, row=st.just(0), nik=keys, card=keys, person=keys, digest=st.sampled_from([b"1", b"2"]),
    household_id=households, found=st.just(value=False),
)  # fmt: skip


def numbered_before(rows: list[Earlier]) -> list[Earlier]:
    return [
        Earlier(n, one.nik, one.card, one.person, one.digest, one.household_id, found=False)
        for n, one in enumerate(rows, 1)
    ]


def numbered(rows: list[Fingerprint]) -> list[Fingerprint]:
    return [Fingerprint(n, one.nik, one.card, one.person, one.digest) for n, one in enumerate(rows, 1)]


@given(st.lists(sent, max_size=8), st.lists(earlier, max_size=8))
def test_every_row_gets_one_word_and_only_the_registered_a_household(
    rows: list[Fingerprint], before: list[Earlier]
) -> None:
    compared = pair(numbered(rows), numbered_before(before))
    assert [one.row for one in compared] == list(range(1, len(rows) + 1))
    for one in compared:
        assert (one.household_id is not None) == (one.correction in (UNCHANGED, CHANGED_ACCEPTED))


@given(st.lists(earlier, max_size=8))
def test_a_file_against_itself_is_unchanged_and_leaves_nothing_out(before: list[Earlier]) -> None:
    rows = numbered_before([one for one in before if one.nik or one.card or one.person])
    for one in rows:  # a digest is of all cells: the same digest is the same row
        one.digest = repr((one.nik, one.card, one.person, one.digest)).encode()
    same = [Fingerprint(one.row, one.nik, one.card, one.person, one.digest) for one in rows]
    assert {one.correction for one in pair(same, rows)} <= {UNCHANGED, WAS_INVALID}
    assert all(one.found for one in rows)


@given(st.lists(sent, max_size=8), st.lists(earlier, max_size=8))
def test_nobody_is_taken_for_a_registered_namesake_with_another_nik(
    rows: list[Fingerprint], before: list[Earlier]
) -> None:
    for n, candidate in enumerate(before, 1):
        candidate.household_id = candidate.household_id and uuid5(NAMESPACE, f"household {n}")
    by_household = {candidate.household_id: candidate for candidate in before}
    rows = numbered(rows)
    for row, said in zip(rows, pair(rows, numbered_before(before)), strict=True):
        if said.household_id is not None:
            counterpart = by_household[said.household_id]
            same_card = row.card is not None and row.card == counterpart.card
            assert same_card or row.nik is None or counterpart.nik in (None, row.nik)


@given(st.lists(earlier, min_size=1, max_size=8), sent)
def test_by_name_and_birth_date_a_free_row_that_was_invalid_goes_before_one_in_the_register(
    before: list[Earlier], row: Fingerprint
) -> None:
    for one in before:
        one.nik = one.card = None
    changed = Fingerprint(1, row.nik, row.card, b"a", b"another digest")
    (said,) = pair([changed], numbered_before(before))
    namesakes = [one for one in before if one.person == b"a"]
    if any(one.household_id is None for one in namesakes):
        assert said.correction == WAS_INVALID
    else:
        assert said.correction == (CHANGED_ACCEPTED if namesakes else NEW)


def test_a_namesake_with_a_nik_and_card_of_their_own_is_judged_and_not_taken_for_the_registered_one() -> None:
    def before(*rows: tuple[bytes, bytes, UUID | None]) -> list[Earlier]:
        return [
            Earlier(n, nik, card, b"SITI 1990", b"d%d" % n, household, found=False)
            for n, (nik, card, household) in enumerate(rows, 1)
        ]

    registered = (b"n1", b"k1", HOUSEHOLD)
    siti = Fingerprint(1, b"n2", b"k2", b"SITI 1990", b"d9")
    (new,) = pair([siti], before(registered))
    assert (new.correction, new.household_id) == (NEW, None)
    # NIK and card were both wrong, and are both right now: it is the row that was invalid.
    wrong = before(registered, (b"n3", b"k3", None))
    (corrected,) = pair([siti], wrong)
    assert corrected.correction == WAS_INVALID
    assert [one.found for one in wrong] == [False, True]
    # A NIK that cannot be read may be the registered one's; beside a row that was invalid it is that row's.
    unreadable = Fingerprint(1, None, None, b"SITI 1990", b"d9")
    assert [pair([unreadable], rows)[0].correction for rows in (before(registered), wrong)] == [
        CHANGED_ACCEPTED, CHANGED_ACCEPTED,
    ]  # fmt: skip
    assert pair([unreadable], before(registered, (b"n3", b"k3", None)))[0].correction == WAS_INVALID


def alone(row: int, nik: str | None, card: str | None, digest: str, household: UUID | None = None) -> Earlier:
    def key(text: str | None) -> bytes | None:
        return None if text is None else text.encode()

    return Earlier(row, key(nik), key(card), None, digest.encode(), household, found=False)


def test_the_nik_goes_before_the_card_and_a_new_nik_is_found_by_the_card() -> None:
    before = [alone(1, "n1", "k1", "d1", HOUSEHOLD), alone(2, None, "k2", "d2"), alone(3, "n3", "k3", "d3", HOUSEHOLD)]
    rows = [
        Fingerprint(1, b"n1", b"k3", None, b"d9"),  # the person of row 1, on another card
        Fingerprint(2, b"n2", b"k2", None, b"d8"),  # the NIK that row 2 lacked
        Fingerprint(3, b"n3", b"k3", None, b"d3"),
        Fingerprint(4, b"n4", b"k4", None, b"d4"),
    ]
    assert [one.correction for one in pair(rows, before)] == [CHANGED_ACCEPTED, WAS_INVALID, UNCHANGED, NEW]
    assert [one.found for one in before] == [True, True, True]


def test_two_rows_with_one_nik_stay_two_rows() -> None:
    before = [alone(1, "n", "k", "d", HOUSEHOLD), alone(2, "n", "k", "d")]
    rows = [Fingerprint(1, b"n", b"k", None, b"d"), Fingerprint(2, b"n", b"k", None, b"d")]
    assert [one.correction for one in pair(rows, before)] == [UNCHANGED, WAS_INVALID]


def test_a_digest_sees_every_cell_and_every_member_but_not_their_order() -> None:
    def chunk(address: str = "JALAN 1", members: tuple[str, ...] = ("ANI", "BUDI"), card: str = "1" * 16) -> Chunk:
        row = dict.fromkeys(RECIPIENTS.columns, "") | {"NO_KK": card, "ALAMAT": address, "NAMA": "ANI", "NIK": "2" * 16}
        family = [dict.fromkeys(MEMBERS.columns, "") | {"NO_KK": "1" * 16, "NAMA": name} for name in members]
        return Chunk(pl.DataFrame([row]).with_row_index("row", 1), pl.DataFrame(family))

    def digest(of: Chunk) -> bytes:
        (one,) = fingerprints(of, str.encode)
        return one.digest

    assert digest(chunk()) == digest(chunk(members=("BUDI", "ANI")))
    others = [digest(chunk(address="JALAN 2")), digest(chunk(members=("ANI",))), digest(chunk(card=""))]
    assert len({digest(chunk()), *others}) == 4


def test_every_fault_of_sending_says_what_to_do_in_both_languages() -> None:
    for code in SENDING_FAULTS:
        document = problem(code).document()
        assert all(document[text] for text in ("detail", "detail_id", "next_step", "next_step_id"))
        assert document["detail"] != document["detail_id"]
        assert 400 <= document["status"] < 600
