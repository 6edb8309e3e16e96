"""The batch document: where a batch is, and how its rows came out."""

from typing import Any, Final

from psycopg import Connection
from psycopg.types.json import Json

from padan_registry_ingest.batches.repository import Upload
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.problems import problem
from padan_registry_ingest.validating.check import region_name

_COUNTED: Final = ("deciding", "done", "dry_run_done", "cancelled")
_ORDER: Final = {code: n for n, code in enumerate(reasons.BY_CODE)}


def document(connection: Connection[Any], upload: Upload) -> dict[str, Any]:
    """The batch document. Counts stand in it from the moment every row has been judged."""
    summary = _summary(connection, upload)
    outcomes = {"accepted": upload.accepted, "refused": upload.refused, "pending": upload.pending}
    named = {*summary["first_reasons"], *summary["every_reason"], *summary["warnings"]}
    return {
        "upload_id": upload.upload_id,
        "batch_id": upload.batch_id,
        "kind": upload.kind,
        "dry_run": upload.dry_run,
        "state": "cancelling" if upload.cancelling else upload.state,
        "waiting_for": upload.waiting_for,
        "repeat_of": upload.repeat_of,
        "problem": upload.problem or _waiting(upload),
        "received_at": upload.received_at,
        "finished_at": upload.finished_at,
        "rows": upload.rows,
        "reported_to": upload.reported_to,
        "valid": summary["valid"],
        "invalid": summary["invalid"],
        "waiting": upload.waiting,
        "matched": summary["matched"],
        "progress": _progress(upload),
        "stages": upload.stages,
        "first_reasons": summary["first_reasons"],
        "every_reason": summary["every_reason"],
        "warnings": summary["warnings"],
        "by_region": summary["by_region"],
        "reasons": {code: reasons.words(code) for code in sorted(named, key=_place)},
        "outcomes": outcomes,
        "correction": _correction(upload, summary),
    }


def _correction(upload: Upload, summary: dict[str, Any]) -> dict[str, Any] | None:
    """What a corrected file changed, by row; null of any other file. Counts as soon as every row has been judged.

    `removed` rows stood in the file before and not in this one, `removed_registered` of them are in the register: they
    stay there.
    """
    if upload.corrects is None:
        return None
    counted, removed = summary.get("correction") or {}, upload.removed or {}
    return {
        "of": upload.corrects,
        "unchanged": counted.get("unchanged", 0),
        "now_valid": counted.get("now_valid", 0),
        "still_invalid": counted.get("still_invalid", 0),
        "changed_accepted": counted.get("changed_accepted", 0),
        "new": counted.get("new", 0),
        "removed": removed.get("rows", 0),
        "removed_registered": removed.get("registered", 0),
    }


def _waiting(upload: Upload) -> dict[str, Any] | None:
    """Why a batch does not move, where it waits for another server: it goes on by itself."""
    return None if upload.waiting_for is None else problem(f"{upload.waiting_for}_unavailable").document()


def _progress(upload: Upload) -> dict[str, Any]:
    if upload.stage == "deciding":
        done = upload.accepted + upload.refused
        return {"stage": "deciding", "done": done, "total": done + upload.pending}
    return {"stage": upload.stage, "done": upload.stage_done, "total": upload.stage_total}


def _place(code: str) -> int:
    return _ORDER.get(code, len(_ORDER))


def _summary(connection: Connection[Any], upload: Upload) -> dict[str, Any]:
    if upload.repeat_of is not None or upload.state not in _COUNTED:
        return {
            "valid": 0, "invalid": 0, "matched": 0,
            "first_reasons": {}, "every_reason": {}, "warnings": {}, "by_region": [],
        }  # fmt: skip
    if upload.summary is not None:
        return upload.summary
    # Under a lock of the row: a refusal that comes meanwhile must find the summary written, to take it away again.
    connection.execute("SELECT 1 FROM upload WHERE upload_id = %s FOR UPDATE", [upload.upload_id])
    summary = _count(connection, upload)
    connection.execute(
        "UPDATE upload SET summary = %(summary)s WHERE upload_id = %(id)s",
        {"id": upload.upload_id, "summary": Json(summary)},
    )
    return summary


def _count(connection: Connection[Any], upload: Upload) -> dict[str, Any]:
    upload_id = upload.upload_id
    by_village = connection.execute(
        "SELECT village, count(*) FILTER (WHERE first_reason IS NULL), count(first_reason), "
        "count(*) FILTER (WHERE outcome = 'matched'), count(*) FILTER (WHERE outcome = 'waiting') "
        "FROM batch_row WHERE upload_id = %s GROUP BY village",
        [upload_id],
    ).fetchall()
    first = connection.execute(
        "SELECT first_reason, count(*) FROM batch_row WHERE upload_id = %s AND first_reason IS NOT NULL GROUP BY 1",
        [upload_id],
    ).fetchall()
    every = connection.execute(
        "SELECT code, count(*) FROM batch_row, unnest(reasons) AS code WHERE upload_id = %s GROUP BY code", [upload_id]
    ).fetchall()
    warnings = connection.execute(
        "SELECT code, count(*) FROM batch_row, unnest(warnings) AS code WHERE upload_id = %s GROUP BY code", [upload_id]
    ).fetchall()
    correction = connection.execute(
        "SELECT CASE WHEN correction <> 'was_invalid' THEN correction WHEN first_reason IS NULL THEN 'now_valid' "
        "ELSE 'still_invalid' END, count(*) FROM batch_row WHERE upload_id = %s AND correction IS NOT NULL GROUP BY 1",
        [upload_id],
    ).fetchall()
    return {
        "valid": sum(row[1] - row[4] for row in by_village),
        "invalid": sum(row[2] for row in by_village),
        "matched": sum(row[3] for row in by_village),
        "first_reasons": _ordered(first),
        "every_reason": _ordered(every),
        "warnings": _ordered([*warnings, *upload.member_warnings.items()]),
        "correction": dict(correction),
        "by_region": _by_region([(village, valid, invalid) for village, valid, invalid, *_ in by_village]),
    }


def _ordered(counts: list[Any]) -> dict[str, int]:
    return dict(sorted(counts, key=lambda pair: _place(pair[0])))


def _by_region(counts: list[tuple[str | None, int, int]]) -> list[dict[str, Any]]:
    """Districts, each followed by its villages; rows without a known village are counted under an empty code."""
    districts: dict[str, tuple[int, int]] = {}
    villages: dict[str, list[tuple[str, int, int]]] = {}
    for village, valid, invalid in counts:
        district = (village or "")[:6]
        before = districts.get(district, (0, 0))
        districts[district] = (before[0] + valid, before[1] + invalid)
        if village:
            villages.setdefault(district, []).append((village, valid, invalid))
    regions = []
    for district, (valid, invalid) in sorted(districts.items()):
        regions.append(_region(district, "district", valid, invalid))
        regions += [_region(code, "village", *both) for code, *both in sorted(villages.get(district, []))]
    return regions


def _region(code: str, level: str, valid: int, invalid: int) -> dict[str, Any]:
    name = region_name(code) if code else ""
    return {"region": code, "name": name, "level": level, "valid": valid, "invalid": invalid}
