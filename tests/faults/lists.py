"""A list that is checked only: each row's answer is held against the register, and no event comes of it."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import polars as pl
from oracle import DATABASE_OF, query, wait_until
from padan_cli.platform import Platform
from padan_runtime.log import table_of
from padan_runtime.sealing import keyed_hash
from registration_book import sheets

from faults.asking import Asking, Tries
from faults.views import Ended, rows_of

_DONE_WITHIN_S: Final = 120.0
_PURPOSE: Final = {"Padan-Purpose": "verification"}
_WELL_FORMED: Final = {"nik_unknown", "deceased", "moved_away", "name_differs"}
_STRANGER: Final = "ORANG LAIN SAMA SEKALI"

Known = dict[str, str]
"""By NIK, of whom the register holds: the group of their decile, empty where it is not known."""


class Line(msgspec.Struct, frozen=True):
    """A row of a list. `right`: whether the name is the register's; None where that is not known."""

    nik: str
    name: str = ""
    right: bool | None = None


class ListCheck(msgspec.Struct):
    """A list, the register as it was before, and the ids under which it was taken."""

    path: Path
    lines: tuple[Line, ...]
    before: Known
    check_ids: list[str] = msgspec.field(default_factory=list)
    tries: Tries = msgspec.field(default_factory=Tries)

    @property
    def ways(self) -> list[str]:
        """What it counts as."""
        return ["list check"]

    def send(self, asking: Asking) -> None:
        """Send it until it is taken. Each time it may have been: then it is checked twice."""
        with self.path.open("rb") as file:
            files = {"file": (self.path.name, file.read())}
        answer = asking.ask(self.path.name, lambda http: http.post("/v1/list-checks", files=files, headers=_PURPOSE))
        self.check_ids.append(str(answer.json()["check_id"]))

    def check(self, asking: Asking) -> None:
        """Each check of it ended, was logged once, left no event, and says what the register holds."""
        platform = asking.platform
        not_done = "SELECT check_id, state FROM list_check WHERE state <> 'done'"
        wait_until(lambda: not query(platform, "registry_ingest", not_done), "every list is done", _DONE_WITHIN_S)
        after = known(platform, [line.nik for line in self.lines])
        for check_id in self.check_ids:
            log = "SELECT rows FROM access_log WHERE action = 'check_list' AND upload_id = %s ORDER BY entry_id"
            logged = query(platform, "gateway", log, check_id)
            assert logged[:1] == [(len(self.lines),)], f"list {check_id}: in the access log {logged}"
            self.compare(check_id, _said(asking, f"/v1/list-checks/{check_id}/rows.csv"), after)
            for topic, database in DATABASE_OF.items():
                events = f"SELECT count(*) FROM {table_of(topic)} WHERE %s IN (correlation_id, causation_id)"
                assert query(platform, database, events, check_id)[0][0] == 0, f"list {check_id}: events on {topic}"

    def compare(self, check_id: str, said: Sequence[dict[str, str]], after: Known) -> None:
        """Hold a check's rows against the register as it was before and as it is `after`. Raises `AssertionError`."""
        assert len(said) == len(self.lines), f"list {check_id}: {len(said)} rows of {len(self.lines)}"
        seen: set[str] = set()
        for number, (line, row) in enumerate(zip(self.lines, said, strict=True), 1):
            found = (row["HASIL_KODE"], row["DESIL"])
            if len(line.nik) != 16:
                right = {("nik_invalid", "")}
            elif line.nik in seen:
                right = {("duplicate_in_list", "")}
            else:
                right = {_answer(line.nik, self.before), _answer(line.nik, after)}
                if (line.nik in self.before) != (line.nik in after):
                    # Registered while it was asked: known already where the views did not show them yet.
                    right |= {("registered_elsewhere", ""), ("registered", "")}
            seen.add(line.nik)
            assert found in right, f"list {check_id}, row {number}: {found}, and the register says {right}"
            if found[0] == "registered" and line.right is not None:
                assert bool(row["DIFFERS"]) != line.right, f"list {check_id}, row {number}: {row['DIFFERS']!r}"


def _said(asking: Asking, address: str) -> list[dict[str, str]]:
    answer = asking.ask(address, lambda http: http.get(address, headers=_PURPOSE))
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def make(platform: Platform, sent: Sequence[tuple[Path, Ended]], into: Path, random: Random) -> ListCheck:
    """Write a list of people of files that were sent and done. To be called while nothing is broken."""
    lines = [Line("12345"), Line("331801010199000")]
    for path, upload in sent:
        recipients, _ = sheets(path)
        for row, outcome, reasons, _ in rows_of(platform, upload.upload_id):
            nik, name = recipients["NIK"][row - 1], recipients["NAMA"][row - 1]
            if outcome == "accepted":
                right = random.random() < 0.8
                lines.append(Line(nik, name.lower() if right else _STRANGER, right))
            elif set(reasons) <= _WELL_FORMED:
                lines.append(Line(nik))
    lines = random.sample(lines, min(len(lines), random.randrange(50, 400)))
    lines += random.sample(lines, min(len(lines), 5))
    pl.DataFrame({"NIK": [line.nik for line in lines], "NAMA": [line.name for line in lines]}).write_csv(into)
    return ListCheck(into, tuple(lines), known(platform, [line.nik for line in lines]))


def known(platform: Platform, niks: Sequence[str]) -> Known:
    """Whom of these people the register holds: by the claims that decide, and the deciles eligibility reckons with."""
    key = (platform.instance.secrets / "nik-hash.key").read_bytes()
    hashes = {keyed_hash(key, nik): nik for nik in niks}
    claims = query(
        platform, "household", "SELECT nik_hash, household_id FROM person_claim WHERE nik_hash = ANY(%s)", list(hashes)
    )
    facts = "SELECT household_id, decile FROM household_fact WHERE household_id = ANY(%s)"
    deciles = dict(query(platform, "eligibility", facts, [household for _, household in claims]))
    return {hashes[bytes(nik_hash)]: _group(deciles.get(household)) for nik_hash, household in claims}


def _answer(nik: str, register: Known) -> tuple[str, str]:
    return ("registered", register[nik]) if nik in register else ("not_registered", "")


def _group(decile: int | None) -> str:
    return "" if decile is None else "1-4" if decile <= 4 else "5" if decile == 5 else "6-10"
