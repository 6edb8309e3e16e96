"""Which members belong to which chunk of recipients: those whose family card stands in one of its rows."""

from datetime import date

import msgspec
import polars as pl

from padan_registry_ingest.domain.reasons import MOST_MEMBERS
from padan_registry_ingest.validating import check


class Split(msgspec.Struct, frozen=True):
    """A file ready to be taken a chunk at a time. `places` says by chunk where its members stand in their sheet.

    `crowded` are the cards that hold more than one family can have: their rows are invalid whoever the members are, so
    only the first chunk that names such a card has its members. Otherwise a card that stands in every chunk would be
    the whole sheet every time.
    """

    recipients: pl.DataFrame
    members: pl.DataFrame
    rows_at_once: int
    crowded: pl.Series
    left_out: dict[str, int]
    places: pl.DataFrame
    bounds: list[int]

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return len(self.bounds) - 1

    def chunk(self, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The recipients of a chunk and their members, each in the order of its sheet."""
        begin, end = self.bounds[number], self.bounds[number + 1]
        members = self.members[self.places["place"].slice(begin, end - begin)]
        return self.recipients.slice(number * self.rows_at_once, self.rows_at_once), members


def split(recipients: pl.DataFrame, members: pl.DataFrame, rows_at_once: int, today: date) -> Split:
    """Find where the members of each chunk of recipients stand. Frames as `tables.frame` gives them."""
    crowded = _crowded(members, today)
    named = recipients.lazy().filter(pl.col("NO_KK") != "").select(
        "NO_KK", chunk=(pl.col("row") - 1) // rows_at_once
    )  # fmt: skip
    named = named.unique()
    if crowded.len():
        of_crowd = pl.col("NO_KK").is_in(crowded.implode())
        named = pl.concat(
            [named.filter(~of_crowd), named.filter(of_crowd).group_by("NO_KK").agg(pl.col("chunk").min())]
        )
    places = (
        members.lazy()
        .select("NO_KK", place=pl.col("row") - 1)
        .join(named, on="NO_KK")
        .select("chunk", "place")
        .sort("chunk", "place")
        .collect()
    )
    chunks = -(-recipients.height // rows_at_once)
    ends = places["chunk"].search_sorted(pl.Series(range(chunks), dtype=places["chunk"].dtype), side="right")
    return Split(
        recipients,
        members,
        rows_at_once,
        crowded,
        check.left_out(members, recipients),
        places.select("place"),
        [0, *ends.to_list()],
    )


def _crowded(members: pl.DataFrame, today: date) -> pl.Series:
    """The cards with more than `MOST_MEMBERS` members: as sent, to be quick, and then as they are counted."""
    many = members.lazy().group_by("NO_KK").len("sent").filter(pl.col("sent") > MOST_MEMBERS).select("NO_KK").collect()
    theirs = members.filter(pl.col("NO_KK").is_in(many["NO_KK"].implode())) if many.height else members.clear()
    counted = check.check_members(theirs, today).group_by("card").len("people")
    return counted.filter(pl.col("people") > MOST_MEMBERS)["card"]
