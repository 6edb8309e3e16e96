"""Comparing what was built with what is live, row by row, and bringing the live rows to it."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection, sql

from padan_runtime.rebuild.view import Difference, Table

_MOST_NAMED = 100


def compare(connection: Connection[Any], schema: str, table: Table, left_out: Sequence[UUID]) -> Difference:
    """Find the rows that differ, but for those of households in `left_out`; they stand in a temporary table until
    the transaction ends."""
    columns = _columns(connection, table)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(_found(table)))
    connection.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {found} ON COMMIT DROP AS SELECT {keys}, "
            "{household} AS rebuilt_household, "
            "CASE WHEN live.{first} IS NULL THEN 'missing' WHEN built.{first} IS NULL THEN 'surplus' "
            "ELSE 'altered' END AS rebuilt_kind FROM public.{table} live FULL JOIN {schema}.{table} built ON {same} "
            "WHERE ROW({live}) IS DISTINCT FROM ROW({built}) AND {compared}"
        ).format(
            found=_found(table),
            keys=_join(table.key, "coalesce(live.{0}, built.{0}) AS {0}"),
            first=sql.Identifier(table.key[0]),
            household=_household(table, "coalesce(live.{0}, built.{0})", sql.SQL("NULL::uuid")),
            compared=_household(
                table,
                "NOT coalesce(live.{0} = ANY(%(left_out)s), false) "
                "AND NOT coalesce(built.{0} = ANY(%(left_out)s), false)",
                sql.SQL("true"),
            ),
            table=sql.Identifier(table.name),
            schema=sql.Identifier(schema),
            same=_join(table.key, "live.{0} = built.{0}", " AND "),
            live=_join(columns, "live.{0}"),
            built=_join(columns, "built.{0}"),
        ),
        {"left_out": list(left_out)},
    )
    counts: dict[str, int] = dict(
        connection.execute(sql.SQL("SELECT rebuilt_kind, count(*) FROM {} GROUP BY 1").format(_found(table))).fetchall()
    )
    named = connection.execute(
        sql.SQL(
            "SELECT DISTINCT rebuilt_household::text FROM {} WHERE rebuilt_household IS NOT NULL ORDER BY 1 LIMIT %s"
        ).format(_found(table)),
        [_MOST_NAMED],
    ).fetchall()
    return Difference(
        counts.get("missing", 0), counts.get("surplus", 0), counts.get("altered", 0), tuple(row[0] for row in named)
    )


def switch(connection: Connection[Any], schema: str, table: Table) -> None:
    """Bring the live rows that `compare` found in this transaction to what was built; no other row is touched."""
    columns = _columns(connection, table)
    names: dict[str, sql.Composable] = {
        "live": sql.Identifier("public", table.name),
        "built": sql.Identifier(schema, table.name),
        "found": _found(table),
        "columns": _join(columns, "{0}"),
        "from_built": _join(columns, "built.{0}"),
        "set": _join(columns, "{0} = built.{0}"),
        "live_same": _join(table.key, "live.{0} = found.{0}", " AND "),
        "built_same": _join(table.key, "built.{0} = found.{0}", " AND "),
    }
    for statement in (
        "DELETE FROM {live} live USING {found} found WHERE found.rebuilt_kind = 'surplus' AND {live_same}",
        "UPDATE {live} live SET {set} FROM {found} found JOIN {built} built ON {built_same} "
        "WHERE found.rebuilt_kind = 'altered' AND {live_same}",
        "INSERT INTO {live} ({columns}) SELECT {from_built} FROM {found} found JOIN {built} built ON {built_same} "
        "WHERE found.rebuilt_kind = 'missing'",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def count(connection: Connection[Any], schema: str, table: Table) -> int:
    """Rows that were built."""
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table.name))).fetchone()
    assert row is not None
    return int(row[0])


def _columns(connection: Connection[Any], table: Table) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum",
            [f"public.{table.name}"],
        )
    ]


def _found(table: Table) -> sql.Identifier:
    return sql.Identifier(f"differing_{table.name}")


def _household(table: Table, form: LiteralString, without: sql.Composable) -> sql.Composable:
    return without if table.household is None else sql.SQL(form).format(sql.Identifier(table.household))


def _join(columns: Sequence[str], form: LiteralString, between: LiteralString = ", ") -> sql.Composable:
    return sql.SQL(between).join(sql.SQL(form).format(sql.Identifier(column)) for column in columns)
