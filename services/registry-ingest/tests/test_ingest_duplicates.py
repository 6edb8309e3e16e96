"""Rows of a file against each other: which of several with one number stays valid, wherever the file is cut."""

import random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from judged_rows import GOOD, NO_MEMBER, OTHER, file_judged, frame, judged
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.domain.duplicates import Claim, resolve

CARDS = ["", *(f"33180101012000{n:02d}" for n in range(1, 30))]


def test_where_a_file_is_cut_into_chunks_changes_nothing() -> None:
    rng = random.Random(3318)
    rows = [GOOD | {"NIK": f"33180157089000{rng.randrange(1, 40):02d}", "NO_KK": rng.choice(CARDS)} for _ in range(60)]
    members = [NO_MEMBER | {"NO_KK": rng.choice(CARDS), "NAMA": "ANAK", "NIK": rng.choice(rows)["NIK"]}
               for _ in range(90)]  # fmt: skip
    members += [NO_MEMBER | {"NO_KK": CARDS[1], "NAMA": f"ANAK {n}"} for n in range(51)]
    sent, family = frame(rows, RECIPIENTS.columns), frame(members, MEMBERS.columns)
    whole, people = file_judged(sent, family)
    assert set(whole.filter(pl.col("card") == CARDS[1])["reasons"].to_list()).isdisjoint({0})
    for rows_at_once in (1, 7, 59):
        cut, theirs = file_judged(sent, family, rows_at_once=rows_at_once)
        assert cut.drop("warnings").equals(whole.drop("warnings"))
        assert theirs.unique().sort("order").equals(people.sort("order"))


def test_of_two_rows_with_one_nik_the_first_stays_valid() -> None:
    rows = judged([GOOD, OTHER, GOOD | {"NO_KK": "3318010101200009"}])
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [[], [], ["duplicate_in_file"]]


def test_the_first_otherwise_valid_row_stays_valid() -> None:
    rows = judged([GOOD | {"TGL_LAHIR": "x"}, GOOD])
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [
        ["birth_date_invalid", "duplicate_in_file", "family_card_duplicate"], [],
    ]  # fmt: skip


def test_of_two_rows_with_one_family_card_the_first_stays_valid() -> None:
    rows = judged([GOOD, OTHER | {"NO_KK": GOOD["NO_KK"]}])
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [[], ["family_card_duplicate"]]


def test_a_row_whose_card_is_taken_does_not_take_the_nik_from_a_later_row() -> None:
    both = OTHER | {"NO_KK": GOOD["NO_KK"]}
    rows = judged([GOOD, both, OTHER])
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [
        [], ["duplicate_in_file", "family_card_duplicate"], [],
    ]  # fmt: skip


def test_a_row_that_repeats_nik_and_card_has_both_reasons() -> None:
    rows = judged([GOOD, GOOD | {"NAMA": "SITI A"}])
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [[], ["duplicate_in_file", "family_card_duplicate"]]


def test_a_recipient_who_is_a_member_of_an_earlier_family_belongs_to_it() -> None:
    member = NO_MEMBER | {"NO_KK": GOOD["NO_KK"], "NAMA": "ANAK", "NIK": OTHER["NIK"]}
    rows = judged([GOOD, OTHER], [member])
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [[], ["duplicate_in_register"]]


_CLAIM = st.builds(
    Claim,
    row=st.just(0),
    nik=st.sampled_from([None, "a", "b", "c"]),
    card=st.sampled_from([None, "x", "y"]),
    people=st.frozensets(st.sampled_from("abcdef"), max_size=3),
    reasons=st.sampled_from([0, 0, 1]),
)


@given(st.lists(_CLAIM, max_size=12))
def test_no_two_valid_rows_ever_share_a_nik_a_card_or_a_person(drawn: list[Claim]) -> None:
    claims = [
        Claim(n, c.nik, c.card, c.people | ({c.nik} if c.nik else frozenset()), c.reasons)
        for n, c in enumerate(drawn, 1)
    ]
    added = resolve(claims)
    valid = [c for c in claims if not c.reasons and c.row not in added]
    for taken in (
        [c.nik for c in valid if c.nik is not None],
        [c.card for c in valid if c.card is not None],
        [person for c in valid for person in c.people],
    ):
        assert len(taken) == len(set(taken))
    for claim in claims:
        if not claim.reasons and claim.row in added:
            earlier = [c for c in valid if c.row < claim.row]
            assert any(({c.nik, c.card} & {claim.nik, claim.card} - {None}) or c.people & claim.people for c in earlier)
