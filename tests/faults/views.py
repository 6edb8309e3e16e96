"""The oracle of one batch: its report, its rows, its events and its households in every view say the same, once."""

from typing import Any
from uuid import UUID, uuid5

import msgspec
from decided import of_the_nation
from oracle import query
from padan_cli.platform import Platform
from padan_events import type_of
from padan_events.household import Proposed
from padan_events.topics import HOUSEHOLD_EVENTS, INTAKE
from padan_runtime.log import table_of


class Ended(msgspec.Struct, frozen=True):
    """An upload as registry-ingest keeps it."""

    upload_id: UUID
    state: str
    kind: str
    accepted: int
    refused: int
    rows: int
    reported_to: int
    batch_id: UUID | None
    repeat_of: UUID | None


_ENDED = (
    "SELECT upload_id, state, kind, accepted, refused, coalesce(rows, 0), reported_to, batch_id, repeat_of FROM upload"
)


def ended(platform: Platform, upload_id: str | UUID) -> Ended:
    """What became of an upload. Raises `AssertionError` where it is not known."""
    rows = query(platform, "registry_ingest", f"{_ENDED} WHERE upload_id = %s", upload_id)
    assert rows, f"{upload_id} was taken and is not known"
    return Ended(*rows[0])


def uploads_of(platform: Platform, batch_id: UUID) -> list[Ended]:
    """The uploads of a batch that were worked on: several where it was cancelled and sent again."""
    statement = f"{_ENDED} WHERE batch_id = %s AND repeat_of IS NULL AND NOT dry_run ORDER BY received_at"
    return [Ended(*row) for row in query(platform, "registry_ingest", statement, batch_id)]


def rows_of(platform: Platform, upload_id: UUID) -> list[tuple[int, str | None, list[str], str | None]]:
    """Row, outcome, reasons and what it is to the file it corrects, in the order of the rows."""
    statement = "SELECT row, outcome, reasons, correction FROM batch_row WHERE upload_id = %s ORDER BY row"
    return [(a, b, c, d) for a, b, c, d in query(platform, "registry_ingest", statement, upload_id)]


def check_report(platform: Platform, upload: Ended, document: dict[str, Any]) -> None:
    """What its sender is told is what was done: as many rows as were reported, from the first on, none behind them."""
    where = f"{upload.upload_id} ({upload.state})"
    told = {"state": upload.state, "reported_to": upload.reported_to}
    assert {name: document[name] for name in told} == told, f"{where}: its report says {document}"
    outcomes = {"accepted": upload.accepted, "refused": upload.refused, "pending": 0}
    assert document["outcomes"] == outcomes, f"{where}: {outcomes}, and its report says {document['outcomes']}"
    rows = rows_of(platform, upload.upload_id)
    assert [row for row, *_ in rows] == list(range(1, upload.reported_to + 1)), f"{where}: rows are missing or too many"
    for outcome, number in outcomes.items():
        found = sum(of_row == outcome for _, of_row, *_ in rows)
        assert found == number, f"{where}: {found} rows {outcome}, counted {number}"
    assert upload.state != "done" or upload.reported_to == upload.rows, f"{where}: not all rows were reported"


def check_batch(platform: Platform, batch_id: UUID) -> int:
    """All of a registration's rows in the logs and the views, by the ids they must have; how many were accepted."""
    uploads = uploads_of(platform, batch_id)
    outcomes: dict[int, str] = {}
    for upload in uploads:
        for row, outcome, *_ in rows_of(platform, upload.upload_id):
            if outcome in {"accepted", "refused"}:
                assert row not in outcomes, f"{batch_id}: row {row} was reported by two uploads"
                outcomes[row] = outcome
    households = {row: uuid5(batch_id, f"household:{row}") for row in range(1, max(u.rows for u in uploads) + 1)}
    accepted = {households[row] for row, outcome in outcomes.items() if outcome == "accepted"}
    events = f"SELECT event_id FROM {table_of(INTAKE.name)} WHERE correlation_id = %s"
    reported = [event_id for (event_id,) in query(platform, "registry_ingest", events, batch_id)]
    assert sorted(reported) == sorted(uuid5(batch_id, f"report:{row}") for row in outcomes), (
        f"{batch_id}: {len(reported)} rows on the intake topic, {len(outcomes)} decided"
    )
    events = f"SELECT key::uuid FROM {table_of(HOUSEHOLD_EVENTS.name)} WHERE correlation_id = %s AND type = %s"
    proposed = [key for (key,) in query(platform, "household", events, batch_id, type_of(Proposed).name)]
    assert sorted(proposed) == sorted(accepted), f"{batch_id}: {len(proposed)} proposed, {len(accepted)} accepted"
    nation = of_the_nation()
    for database, view, times in (
        ("gateway", "household_view", 1),
        ("eligibility", "household_fact", 1),
        ("registry_ingest", "household_index", 1),
        ("eligibility", "decision_current", len(nation)),
        ("gateway", "decision_view", len(nation)),
    ):
        statement = f"SELECT household_id FROM {view} WHERE household_id = ANY(%s)"
        asked: list[Any] = [list(households.values())]
        if view.startswith("decision"):
            statement, asked = f"{statement} AND programme = ANY(%s)", [*asked, nation]
        shown = [each for (each,) in query(platform, database, statement, *asked)]
        assert sorted(shown) == sorted([*accepted] * times), (
            f"{batch_id}: {len(accepted)} rows were accepted, {view} holds {len(shown)}"
        )
    return len(accepted)
