"""The facts of a region as tables, out of one read-only snapshot, a part of the families at a time.

By COPY: what the driver makes a Python object of, field by field, takes ten times as long.
"""

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import polars as pl
import psycopg
from msgspec import UNSET
from padan_events.criteria import Criterion2022, CriterionBps
from padan_events.personal import Disability
from psycopg import Connection, IsolationLevel, sql
from psycopg.pq import ExecStatus

from padan_eligibility.domain.policy import Count2022, CountBps, Holds2022, HoldsBps, Policy
from padan_eligibility.domain.policy_document import leaves
from padan_eligibility.domain.policy_order import ByCount2022, ByCountBps
from padan_eligibility.facts.told import ALL
from padan_eligibility.population.frames import Code, answer_column
from padan_eligibility.simulation import columns
from padan_eligibility.simulation.columns import Column
from padan_eligibility.simulation.placing import LISTED

LOCK: Final = 0x7061_6461_6E05
"""The advisory lock that whoever simulates holds."""
_AT_ONCE: Final = 1_000_000
"""Families at a time: each part is a look at the whole of both tables."""
_KEYS: Final = 1 << 128
_PIECE_BYTES: Final = 1 << 26
_ANSWERS: Final = {"yes": True, "no": False}


class RunningError(RuntimeError):
    """Another simulation runs."""


@contextmanager
def snapshot(url: str, within_s: float) -> Iterator[Connection[Any]]:
    """A transaction that sees the database as of one moment and can write nothing; the server ends what takes longer
    than `within_s`. One at a time in all workers: raises `RunningError`. No parallel plans: what is live goes first."""
    options = f"-c statement_timeout={within_s * 1000:.0f} -c max_parallel_workers_per_gather=0"
    with psycopg.connect(url, application_name="eligibility-simulation", options=options) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone()
        if row is None or not row[0]:
            raise RunningError
        yield connection


def taken_at(connection: Connection[Any]) -> datetime:
    """The time of the snapshot."""
    row = connection.execute("SELECT transaction_timestamp()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def quotas(connection: Connection[Any], programme: str) -> dict[str, int]:
    """The quota of each regency that has a list of a programme, or will have with the next round; of the nation, where
    it has one, under `NATION`."""
    rows = connection.execute(
        "SELECT regency, CASE WHEN q.taken IS FALSE THEN q.places ELSE coalesce(l.quota, q.places) END "
        "FROM (SELECT * FROM quota WHERE programme = %(p)s) q "
        "FULL JOIN (SELECT * FROM ledger WHERE programme = %(p)s) l USING (regency)",
        {"p": programme},
    )
    return dict(rows.fetchall())


class Part(msgspec.Struct, frozen=True):
    """Households, their living members, and of `listed` regencies what the places of a programme need to know."""

    households: pl.DataFrame
    persons: pl.DataFrame
    listed: pl.DataFrame


def populations(
    connection: Connection[Any],
    region: str,
    policies: Sequence[Policy],
    listed: Collection[str] = (),
    at_once: int = _AT_ONCE,
) -> Iterator[Part]:
    """Households of a region (a prefix of its code; empty: the nation) with their living members, as
    `padan_eligibility.population.frames` has them, with as many columns as `policies` ask for, by ascending id, about
    `at_once` households at a time. `household_id` is their number in the table, and `id` their id."""
    row = connection.execute("SELECT count(*) FROM household_fact WHERE starts_with(regency, %s)", [region]).fetchone()
    assert row is not None
    parts = max(1, -(-int(row[0]) // at_once))
    codes = _asked(policies)
    bounds = [UUID(int=_KEYS * part // parts) for part in range(parts)]
    for low, high in zip(bounds, [*bounds[1:], None], strict=True):
        of = _Keys(region, low, high)
        households = _households(connection, of, codes, columns.of_households(policies))
        keys = households.select("household_id", "id")
        persons = _persons(connection, of, keys, columns.of_persons(policies))
        yield Part(households, persons, _listed(connection, of, keys, policies[-1].programme, listed))


class _Keys:
    """Conditions that a part of a region's households meet."""

    def __init__(self, region: str, low: UUID, high: UUID | None) -> None:
        keys = [sql.SQL("household_id >= {}").format(low)]
        keys += [] if high is None else [sql.SQL("household_id < {}").format(high)]
        self.keys = sql.SQL(" AND ").join(keys)
        self.region = sql.SQL("starts_with(regency, {})").format(region) if region else sql.SQL("true")
        # Of the nation no member is of a household elsewhere.
        self.within: sql.Composable = sql.SQL("true")
        if region:
            self.within = sql.SQL("household_id IN (SELECT household_id FROM household_fact WHERE {} AND {})").format(
                self.region, self.keys
            )


def _asked(policies: Sequence[Policy]) -> list[Code]:
    """The answers of a visit that the policies ask for."""
    # By column: some codes stand in both lists, and are equal as texts.
    codes: dict[str, Code] = {}
    for policy in policies:
        for key in () if policy.order is UNSET else policy.order:
            listed = Criterion2022 if isinstance(key, ByCount2022) else CriterionBps
            if isinstance(key, ByCount2022 | ByCountBps):
                codes |= {answer_column(code): code for code in listed}
        for leaf in leaves(policy.criteria):
            match leaf:
                case Holds2022() | HoldsBps():
                    codes[answer_column(leaf.code)] = leaf.code
                case Count2022():
                    codes |= {answer_column(code): code for code in Criterion2022}
                case CountBps():
                    codes |= {answer_column(code): code for code in CriterionBps}
                case _:
                    pass
    return list(codes.values())


def _households(
    connection: Connection[Any], of: _Keys, codes: Sequence[Code], own: Mapping[str, Column]
) -> pl.DataFrame:
    answers = [sql.SQL("circumstances #>> {}").format([_list_of(code), code.value]) for code in codes]
    query = sql.SQL("SELECT {columns} FROM household_fact f WHERE {region} AND {keys}").format(
        columns=sql.SQL(", ").join(
            [
                sql.SQL("household_id, regency, state, decile, array_to_string(proposed_for, ',')"),
                *(one.sql for one in own.values()),
                *answers,
            ]
        ),
        region=of.region,
        keys=of.keys,
    )
    names = [answer_column(code) for code in codes]
    schema = {
        "id": pl.String,
        "regency": pl.String,
        "state": pl.String,
        "decile": pl.Int8,
        "proposed_for": pl.String,
        **{name: one.read_as for name, one in own.items()},
        **dict.fromkeys(names, pl.String),
    }
    return (
        _together(_pieces(connection, query), schema)
        .sort("id")
        .with_row_index("household_id")
        .with_columns(
            pl.col("proposed_for").fill_null("").str.split(","),
            *(one.value(name) for name, one in own.items()),
            *(pl.col(name).replace_strict(_ANSWERS, default=None, return_dtype=pl.Boolean) for name in names),
        )
    )


def _list_of(code: Code) -> str:
    return "criteria_2022" if isinstance(code, Criterion2022) else "criteria_bps"


_FLAGS: Final = ("known", "pregnant", "severe_disability", "identity_agrees")


def _persons(connection: Connection[Any], of: _Keys, keys: pl.DataFrame, own: Mapping[str, Column]) -> pl.DataFrame:
    query = sql.SQL(
        "SELECT household_id, known::int, pregnant::int, severe_disability::int, "
        "(cardinality(identity_conflicts) = 0)::int, birth_date, sex, school, school_until, "
        "CASE WHEN disabilities <> '{{}}' THEN array_to_string(disabilities, ',') END{own} "
        "FROM person_fact f WHERE died_on IS NULL AND {keys} AND {within}"
    ).format(
        keys=of.keys,
        within=of.within,
        own=sql.SQL("").join(sql.SQL(", {}").format(one.sql) for one in own.values()),
    )
    schema = {
        "id": pl.String,
        **dict.fromkeys(_FLAGS, pl.Int8),
        "birth_date": pl.Date,
        "sex": pl.String,
        "school": pl.String,
        "school_until": pl.Date,
        "disabilities": pl.String,
        **{name: one.read_as for name, one in own.items()},
    }
    kinds = pl.col("disabilities").fill_null("").str.split(",")
    return (
        _together(_pieces(connection, query), schema, lambda piece: piece.join(keys, on="id").drop("id"))
        .with_columns(
            *(pl.col(flag).cast(pl.Boolean) for flag in _FLAGS),
            *(one.value(name) for name, one in own.items()),
            *(kinds.list.contains(kind.value).alias(f"disability.{kind.value}") for kind in Disability),
        )
        .drop("disabilities")
    )


def _listed(
    connection: Connection[Any], of: _Keys, keys: pl.DataFrame, programme: str, regencies: Collection[str]
) -> pl.DataFrame:
    if not regencies:
        return pl.DataFrame(schema=LISTED)
    query = sql.SQL(
        "SELECT household_id, f.determined_on, "
        "(aid_ended OR {p} = ANY(resigned) OR ({all} = ANY(resigned) AND {p} <> ALL(proposed_for)) "
        "OR EXISTS (SELECT FROM barred_household b WHERE b.household_id = f.household_id))::int, "
        "CASE WHEN circumstances IS NULL THEN 0 ELSE -(SELECT count(*) FROM "
        "jsonb_each_text(circumstances -> 'criteria_2022') a WHERE a.value = 'yes') END, p.held::int "
        "FROM household_fact f LEFT JOIN (SELECT household_id, held FROM place WHERE programme = {p}) p "
        "USING (household_id) WHERE f.regency = ANY({regencies}) AND {keys} "
        "AND (f.determined_on IS NOT NULL OR p.held IS NOT NULL)"
    ).format(p=programme, all=ALL, regencies=list(regencies), keys=of.keys)
    schema = {"id": pl.String, "determined_on": pl.Date, "left": pl.Int8, "unmet": pl.Int8, "held": pl.Int8}
    return (
        _together(_pieces(connection, query), schema)
        .join(keys, on="id")
        .select(pl.col(name).cast(kind) for name, kind in LISTED.items())
    )


def _pieces(connection: Connection[Any], query: sql.Composed) -> Iterator[bytearray]:
    """The rows of a query as CSV, some ten thousands at a time.

    From libpq itself: the driver's own COPY takes 1.4 us of the processor for a row, this 0.6.
    """
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query).as_bytes(connection)
    libpq = connection.pgconn
    begun = libpq.exec_(statement)
    if begun.status != ExecStatus.COPY_OUT:
        raise psycopg.errors.error_from_result(begun)
    text = bytearray()
    while True:
        size, row = libpq.get_copy_data(0)
        if size < 0:
            break
        text += row
        if len(text) > _PIECE_BYTES:
            yield text
            text = bytearray()
    while (ended := libpq.get_result()) is not None:
        if ended.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(ended)
    yield text


def _together(
    pieces: Iterable[bytearray],
    schema: dict[str, Any],
    each: Callable[[pl.DataFrame], pl.DataFrame] = lambda piece: piece,
) -> pl.DataFrame:
    tables = []
    for piece in pieces:
        table = (
            pl.read_csv(io.BytesIO(piece), has_header=False, schema=schema) if piece else pl.DataFrame(schema=schema)
        )
        tables.append(each(table))
    return pl.concat(tables)
