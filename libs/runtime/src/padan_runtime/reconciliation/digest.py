"""Count and digest of what a side holds: cheap, and the same in whatever order its rows lie.

Each household gives one item, its id and a mark. The digest is the sum of the first 60 bits of the MD5 of each: not
against an adversary, who could alter both sides, but against what goes lost, stays behind or is altered on one of them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection, sql

MOST_LEFT_OUT = 20_000
"""Households a question may leave out."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a store: `cover` names the marks (each store says which it knows), `vector` the last position of
    each of the 24 shards to be taken into account, `without` the households to leave out.

    Without `shard` the answer is grouped by shard; with it by the two characters of the household id behind `prefix`,
    or, where `items` is set, by household.
    """

    cover: str
    vector: tuple[int, ...]
    without: tuple[UUID, ...] = ()
    shard: int | None = None
    prefix: str = ""
    items: bool = False


class Group(msgspec.Struct, frozen=True):
    """A group: its name (a shard, a prefix or a household id), how many households it has, and their digest."""

    name: str
    count: int
    digest: str


class Answer(msgspec.Struct, frozen=True):
    """Answer of `POST /reconciliation/{topic}`; groups without households are not named."""

    groups: tuple[Group, ...]


def summarize(
    connection: Connection[Any], items: sql.Composable, question: Question, parameters: dict[str, Any]
) -> dict[str, Group]:
    """The groups of `items`, a SELECT of shard (smallint), key (text) and mark (text)."""
    if question.shard is None:
        group = sql.SQL("i.shard::text")
    elif question.items:
        group = sql.SQL("i.key")
    else:
        group = sql.SQL("left(i.key, %(depth)s)")
    rows = connection.execute(
        sql.SQL(
            "SELECT {group}, count(*), sum(('x' || left(md5(i.key || '=' || i.mark), 15))::bit(60)::bigint)::text "
            "FROM ({items}) i WHERE (%(shard)s::smallint IS NULL OR i.shard = %(shard)s) "
            "AND starts_with(i.key, %(prefix)s) AND NOT i.key = ANY(%(without)s::text[]) GROUP BY 1"
        ).format(group=group, items=items),
        {
            **parameters,
            "shard": question.shard,
            "prefix": question.prefix,
            "depth": len(question.prefix) + 2,
            "without": [str(household) for household in question.without],
        },
    ).fetchall()
    return {name: Group(name, count, digest) for name, count, digest in rows}


def differing(ours: dict[str, Group], theirs: dict[str, Group]) -> Sequence[str]:
    """Names of the groups that are not the same on both sides."""
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
