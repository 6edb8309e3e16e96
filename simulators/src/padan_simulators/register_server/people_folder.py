"""The folder of Parquet files from which a register simulator knows its people."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec
import polars as pl

from padan_simulators.register_server.problems import RegisterError

Entry = TypeVar("Entry")
_PEOPLE: Final = msgspec.json.Decoder(list[dict[str, str | None]])
ReadEntries = Callable[[pl.DataFrame], dict[str, Entry]]


class PeopleFolder(Generic[Entry]):
    """NIK to what the register holds of that person, kept in Parquet files so that it survives a restart.

    Files are read in order of name, and a later one replaces what an earlier one says of the same NIK.
    """

    def __init__(self, folder: Path, schema: dict[str, pl.DataType], read_entries: ReadEntries[Entry]) -> None:
        """`read_entries` turns a frame of `schema` into entries and raises ValueError for a wrong value.

        Raises RegisterError `people_unreadable` when a file of the folder is not such a frame.
        """
        self._folder = folder
        self._schema = schema
        self._read_entries = read_entries
        self.entries: dict[str, Entry] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.parquet")):
            self.entries.update(self._parse(path.read_bytes()))

    def add(self, body: bytes) -> int:
        """Store a Parquet file, or a JSON list of people, and take its people in; returns how many it held.

        Raises RegisterError `people_unreadable`, storing nothing, when it is not what the register reads.
        """
        if body.lstrip().startswith(b"["):
            body = self._parquet(body)
        entries = self._parse(body)
        digest = hashlib.sha256(body).hexdigest()[:16]
        posted = sorted(self._folder.glob("posted-*.parquet"))
        following = int(posted[-1].name.split("-")[1]) + 1 if posted else 1
        target = self._folder / f"posted-{following:06d}-{digest}.parquet"
        partial = target.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        for same in posted:
            if same.stem.endswith(digest):
                same.unlink()
        self.entries.update(entries)
        return len(entries)

    def _parquet(self, people: bytes) -> bytes:
        """A list of people in JSON as a Parquet file; what is left out of one is null, a date is text."""
        try:
            rows = _PEOPLE.decode(people)
            told = [{name: row.get(name) for name in self._schema} for row in rows]
            frame = pl.DataFrame(told, dict.fromkeys(self._schema, pl.String))
            into = io.BytesIO()
            dates = [pl.col(name).str.to_date("%Y-%m-%d") for name, dtype in self._schema.items() if dtype == pl.Date()]
            frame.with_columns(dates).write_parquet(into)
        except (msgspec.DecodeError, pl.exceptions.PolarsError) as error:
            columns = ", ".join(self._schema)
            raise RegisterError(422, "people_unreadable", f"not a list of people, each with: {columns}") from error
        return into.getvalue()

    def _parse(self, body: bytes) -> dict[str, Entry]:
        try:
            frame = pl.read_parquet(io.BytesIO(body)).select(
                pl.col(name).cast(dtype) for name, dtype in self._schema.items()
            )
            return self._read_entries(frame)
        except (pl.exceptions.PolarsError, ValueError) as error:
            columns = ", ".join(self._schema)
            raise RegisterError(422, "people_unreadable", f"not a Parquet file of: {columns}") from error
