"""Columns that are read only where a policy asks for them: each is a look for every family or member."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import polars as pl
from psycopg import sql

from padan_eligibility.domain.asking import asks_household_needs, asks_members_needs
from padan_eligibility.domain.own_events import asks_matches, places_asked
from padan_eligibility.domain.policy import MatchState, Policy
from padan_eligibility.population.frames import match_column


class Column(msgspec.Struct, frozen=True):
    """A column of the row `f`: 0 or 1, or (`listed`) several texts with commas between."""

    sql: sql.SQL
    listed: bool = False

    @property
    def read_as(self) -> Any:
        """Its type as it is read."""
        return pl.String if self.listed else pl.Int8

    def value(self, name: str) -> pl.Expr:
        """What is read as what it says."""
        column = pl.col(name)
        return column.fill_null("").str.split(",") if self.listed else column.cast(pl.Boolean)


_MATCHES: Final = {
    match_column(MatchState.FOUNDED): Column(
        sql.SQL("EXISTS (SELECT FROM barred_household b WHERE b.household_id = f.household_id)::int")
    ),
    match_column(MatchState.OPEN): Column(
        sql.SQL("EXISTS (SELECT FROM review r WHERE r.household_id = f.household_id AND r.outcome IS NULL)::int")
    ),
}
_PLACES: Final = {
    "places": Column(
        sql.SQL("(SELECT string_agg(p.programme, ',') FROM place p WHERE p.household_id = f.household_id AND p.held)"),
        listed=True,
    )
}
_HOUSEHOLD_NEEDS: Final = {
    "household_needs": Column(
        sql.SQL(
            "(SELECT string_agg(n.kind, ',') FROM need_fact n "
            "WHERE n.household_id = f.household_id AND n.person_id IS NULL AND NOT n.met)"
        ),
        listed=True,
    )
}
_NEEDS: Final = {
    "needs": Column(
        sql.SQL(
            # Of hardly anybody there were several records: the others are spared the search for them.
            "CASE WHEN EXISTS (SELECT FROM person_alias a WHERE a.same_as = f.person_id) THEN "
            "(WITH RECURSIVE same (person_id) AS (SELECT f.person_id UNION "
            "SELECT a.person_id FROM same s JOIN person_alias a ON a.same_as = s.person_id) "
            "SELECT string_agg(n.kind, ',') FROM same s JOIN need_fact n USING (person_id) WHERE NOT n.met) "
            "ELSE (SELECT string_agg(n.kind, ',') FROM need_fact n WHERE n.person_id = f.person_id AND NOT n.met) END"
        ),
        listed=True,
    )
}


def of_households(policies: Sequence[Policy]) -> dict[str, Column]:
    """What the policies ask for of households."""
    found = _MATCHES if any(map(asks_matches, policies)) else {}
    found = found | _PLACES if any(map(places_asked, policies)) else found
    return found | _HOUSEHOLD_NEEDS if any(map(asks_household_needs, policies)) else found


def of_persons(policies: Sequence[Policy]) -> dict[str, Column]:
    """The same of members."""
    return _NEEDS if any(map(asks_members_needs, policies)) else {}
