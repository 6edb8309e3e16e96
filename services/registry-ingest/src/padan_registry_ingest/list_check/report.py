"""The check of a list as a document, and every row as it was sent with what came of it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from typing import IO, Any, Final
from uuid import UUID

import msgspec
from padan_runtime.database import Database

from padan_registry_ingest.domain import reasons
from padan_registry_ingest.list_check import repository, results
from padan_registry_ingest.list_check.repository import Check, Found, Listed
from padan_registry_ingest.validity_report.rows import harmless
from padan_registry_ingest.validity_report.workbook import Workbook

_HEAD: Final = (
    "BARIS", "NIK", "NAMA", "TGL_LAHIR", "HASIL_KODE", "HASIL", "RESULT", "TINDAKAN", "WHAT_TO_DO", "BERBEDA",
    "DIFFERS", "DESIL",
)  # fmt: skip

_ONLY_IF_SHOWN: Final = {
    "status": ("HASIL_KODE", "HASIL", "RESULT", "TINDAKAN", "WHAT_TO_DO"),
    "differences": ("BERBEDA", "DIFFERS"),
    "decile_group": ("DESIL",),
}


_DIFFERENCES: Final = frozenset(one.code for one in results.DIFFERENCES)


def document(check: Check, shows: Set[str]) -> dict[str, Any]:
    """Where a check is, and how its rows came out, as far as sender and reader (`shows`) may know. Holds nothing of a
    person."""
    counts: Counter[str] = Counter()
    for code, count in check.results.items():
        if "status" in shows and ("differences" in shows or code not in _DIFFERENCES):
            counts[_told(code, shows)] += count
    named = [one.code for one in (*results.RESULTS, *results.DIFFERENCES) if one.code in counts]
    return {
        "check_id": check.check_id,
        "state": check.state,
        "problem": check.problem,
        "received_at": check.received_at,
        "finished_at": check.finished_at,
        "rows": check.rows,
        "progress": {"stage": check.state, "done": check.checked_to, "total": check.rows or 0},
        "results": {code: counts[code] for code in named},
        "decile_groups": dict(sorted(check.deciles.items())) if "decile_group" in shows else {},
        "words": {code: results.words(code) for code in named},
    }


class ListReport:
    """The rows of a check that is done; `key` opens what they held, `shows` is what sender and reader may know."""

    def __init__(self, database: Database, check: Check, key: bytes, shows: Set[str]) -> None:
        self._database, self._check, self._key, self._shows = database, check, key, shows
        hidden = {name for what, names in _ONLY_IF_SHOWN.items() if what not in shows for name in names}
        self._places = [place for place, name in enumerate(_HEAD) if name not in hidden]

    def csv(self) -> Iterator[bytes]:
        """All rows, in UTF-8 with byte order mark (Excel needs it)."""
        yield b"\xef\xbb\xbf" + _line(self._shown(_HEAD))
        for rows in self._chunks():
            yield b"".join(_line([harmless(cell) for cell in self._shown(self._cells(*row))]) for row in rows)

    def workbook(self, file: IO[bytes]) -> None:
        """All rows as a workbook, every cell as text. Raises `FileFault` where they are more than a sheet holds."""
        with Workbook(file) as book, book.sheet("daftar", self._shown(_HEAD)) as write:
            for rows in self._chunks():
                for row in rows:
                    write(self._shown(self._cells(*row)))

    def _shown(self, cells: Sequence[str]) -> list[str]:
        return [cells[place] for place in self._places]

    def _chunks(self) -> Iterator[list[tuple[Listed, Found]]]:
        """Raises `SealError` where the key is not the one they were sealed with."""
        check_id: UUID = self._check.check_id
        after = 0
        while True:
            with self._database.transaction() as connection:
                sent = repository.chunk(connection, self._key, check_id, after)
                if not sent:
                    return
                found = repository.found(connection, self._key, check_id, sent[0].row)
            after = sent[-1].row
            yield list(zip(sent, found, strict=True))

    def _cells(self, sent: Listed, found: Found) -> list[str]:
        result = _told(found.result, self._shows)
        return _cells(sent, msgspec.structs.replace(found, result=result))


_DETAILS: Final = frozenset({"registered_elsewhere", "deceased", "recorded_dead"})


def _told(result: str, shows: Set[str]) -> str:
    """A result as it is told: that somebody is registered elsewhere, or has died, is a detail."""
    return "not_registered" if result in _DETAILS and "differences" not in shows else result


def _cells(sent: Listed, found: Found) -> list[str]:
    said = results.words(found.result)
    wrong = [reasons.words(code) for code in sent.reasons]
    differs = [results.words(code) for code in found.differs]
    return [
        str(sent.row),
        sent.nik,
        sent.name,
        sent.birth_date,
        found.result,
        " ".join([said["id"], *(words["id"] for words in wrong)]),
        " ".join([said["en"], *(words["en"] for words in wrong)]),
        " ".join(words["next_id"] for words in wrong) or said["next_id"],
        " ".join(words["next_en"] for words in wrong) or said["next_en"],
        " ".join(words["id"] for words in differs),
        " ".join(words["en"] for words in differs),
        found.decile_group or "",
    ]


def _line(cells: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().encode()
