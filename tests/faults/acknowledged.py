"""The oracle of what was acknowledged to whoever sent commands: in the store where it was told, once and in order, and
in the views. That Kafka holds what the store holds, once, `following` looks at."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from oracle import query
from padan_cli.platform import Platform
from padan_events.rounds import stream_of
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.log import table_of

from faults.families import Family


class View(msgspec.Struct, frozen=True):
    """Where something is shown: a table (or a query in its place) and what of it, by the key of its rows."""

    table: str
    shows: str
    database: str = "gateway"
    key: str = "household_id"


def _count(of: str, where: str = "true") -> str:
    return f"(SELECT household_id, count(*) AS n FROM {of} WHERE {where} GROUP BY household_id) AS counted"


def _when(condition: str, said: str) -> str:
    return f"CASE WHEN {condition} THEN '{said}' END"


_CONFLICTS: Final = "household_view, jsonb_object_keys(conflicts)"
VIEWS: Final = {
    "state": View("household_view", "state"),
    "village": View("household_view", "village"),
    "version": View("household_view", "version"),
    "conflicts": View(_count(_CONFLICTS), "n"),
    "living": View(_count("person_view", "died_on IS NULL"), "n"),
    "photos": View(_count("evidence_view"), "n"),
    "visit": View("visit_view", f"{_when('geotagged_at IS NOT NULL', 'placed')}, assessed_on"),
    "round": View(
        "round_view",
        f"'open', {_when('answered_at IS NOT NULL', 'answered')}, {_when('closed_at IS NOT NULL', 'closed')}",
        key="village",
    ),
    "answer": View("verification_view", f"result, {_when('ends', 'ends')}, {_when('NOT ends', 'goes on')}"),
    "programme": View(
        "programme_view", f"programme, {_when('leaving', 'leaving')}, {_when('left_on IS NOT NULL', 'left')}"
    ),
    "objection": View(
        "objection_view",
        f"outcome, {_when('appealed_at IS NOT NULL', 'appealed')}, {_when('due_at IS NOT NULL', 'waits')}",
    ),
    "move": View("relocation_view", "stage"),
    "decided on": View("household_fact", "state", "eligibility"),
    "known": View("household_index", "'known'", "registry_ingest"),
}
"""By name, every view in which commands are seen."""


def check(platform: Platform, name: str, families: Sequence[Family]) -> None:
    """Hold everything that was acknowledged of these families against store and views. Raises `AssertionError`."""
    streams = _streams(platform, families)
    wrong = [
        f"{family.fate} ({family.household}): its stream holds {found}, acknowledged were {family.events}"
        for family in families
        if (found := [type_ for _, type_ in streams[family.household]]) != family.events
    ]
    assert not wrong, f"{name}: {'; '.join(wrong)}"
    _check_places(platform, name, families)
    for view, of in VIEWS.items():
        shown = _shown(platform, of, [family.household for family in families])
        wrong = [
            f"{family.fate} ({family.household}): {said!r}, acknowledged was {expected!r}"
            for family in families
            if (said := shown.get(family.household, "")) != (expected := _expected(family, view))
        ]
        assert not wrong, f"{name}: {view} in {of.database} shows {'; '.join(wrong)}"


def _expected(family: Family, view: str) -> str:
    if "proposed" in family.events:
        if view == "version":
            return str(len(family.events))
        if view == "known":
            return view
    return family.shown.get(view, "")


def _streams(platform: Platform, families: Iterable[Family]) -> dict[str, list[tuple[int, str]]]:
    """By household or village, its events in the store in the order of their versions, which are 1, 2, 3 ..."""
    households = [family.household for family in families]
    of = {str(stream_of(one)) if one.isdigit() else one: one for one in households}  # a village, or a household
    found: dict[str, list[tuple[int, str]]] = {household: [] for household in households}
    for key, version, pos, type_ in query(
        platform,
        "household",
        f"SELECT key, version, pos, type FROM {table_of(HOUSEHOLD_EVENTS.name)} "
        "WHERE key = ANY(%s) ORDER BY key, version",
        list(of),
    ):
        stream = found[of[key]]
        stream.append((pos, type_.split(".")[-2]))
        assert version == len(stream), f"{key}: version {version} stands where {len(stream)} comes next"
        assert len(stream) == 1 or pos > stream[-2][0], f"{key}: version {version} stands before the one it follows"
    return found


def _check_places(platform: Platform, name: str, families: Iterable[Family]) -> None:
    """Every event whose place was told stands there, and nowhere else."""
    told = [each for family in families for each in family.told]
    rows = query(
        platform,
        "household",
        f"SELECT event_id::text, shard, pos FROM {table_of(HOUSEHOLD_EVENTS.name)} WHERE event_id::text = ANY(%s)",
        [event_id for event_id, _, _ in told],
    )
    lost, other = set(told) - set(rows), set(rows) - set(told)
    assert not lost, f"{name}: acknowledged and not where it was told: {sorted(lost)[:5]}"
    assert not other, f"{name}: acknowledged once and stored twice: {sorted(other)[:5]}"
    assert len(rows) == len(told), f"{name}: {len(rows)} events of {len(told)} acknowledged"


def _shown(platform: Platform, view: View, households: Sequence[str]) -> dict[str, str]:
    rows = query(
        platform,
        view.database,
        f"SELECT {view.key}::text, concat_ws(' ', {view.shows}) FROM {view.table} WHERE {view.key}::text = ANY(%s)",
        list(households),
    )
    shown = dict(rows)
    assert len(shown) == len(rows), f"{view.table} holds several rows of a household"
    return shown
