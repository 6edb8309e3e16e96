"""An XLSX: which of its sheets is meant, and its rows."""

from typing import Any, Final

import fastexcel
import msgspec
import polars as pl

from padan_registry_ingest.domain.columns import ALONE, NUMBERS, RECIPIENTS, normal_header
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.headers import Header, find_header
from padan_registry_ingest.reading.cells import FIRST, LINE
from padan_registry_ingest.reading.failed import failed_cells
from padan_registry_ingest.reading.package import Package, SheetPart
from padan_registry_ingest.reading.peculiar import peculiar_cells
from padan_registry_ingest.reading.sheet import Read, checked, finished, sheet_for

_ROWS_AT_ONCE: Final = 200_000
_NAMES: Final = {
    **{kind: (sheet.name,) for kind, sheet in ALONE.items()},
    "registration": (RECIPIENTS.name,),
    "auto": (RECIPIENTS.name, *(sheet.name for sheet in ALONE.values())),
}


class _Candidate(msgspec.Struct, frozen=True):
    part: SheetPart
    header: Header | None
    empty: bool

    def fits(self, role: str) -> bool:
        return self.header is not None and self.header.has(sheet_for(role, self.header))

    def nearness(self, role: str) -> int:
        """How many of the wanted columns are there; a sheet that is right for members is not a first sheet."""
        if self.header is None or (role not in ("members", "members_file") and self.fits("members")):
            return 0
        return len(self.header.places.keys() & set(sheet_for(role, self.header).columns))

    def named(self, role: str) -> bool:
        names = _NAMES.get(role, (sheet_for(role, self.header).name,))
        return normal_header(self.part.name) in [normal_header(name) for name in names]


def read_workbook(content: bytes, role: str) -> Read:
    """The sheet that `role` looks for, every cell as text. Raises `FileFault`.

    It is the one of that name, else the only one with the right columns, else the first (for members of a workbook the
    second), whose columns are then told. A hidden sheet is never taken.
    """
    package = Package(content)
    candidates = [_candidate(package, part) for part in package.sheets]
    chosen = _chosen(role, candidates)
    where = {"sheet": sheet_for(role, chosen.header).name, "sheet_number": chosen.part.number}
    places = checked(role, chosen.header, chosen.part.number)
    assert chosen.header is not None
    peculiar = peculiar_cells(package.pieces(chosen.part.part), places, NUMBERS, chosen.header.ends, **where)
    names = {place: name for name, place in places.items()}
    if peculiar.unlike:
        peculiar.failed = failed_cells(package, chosen.part.part, names, chosen.header.ends, **where)
    try:
        sheet = _Sheet(content, chosen.part.name, chosen.header.ends)
        frame = sheet.text(places)
        for name in NUMBERS:
            if name in places:
                filled = int((frame[name] != "").sum())
                place = places[name]
                covered = peculiar.covers(place, filled)
                numbers = peculiar.numbers[place] if covered else sheet.numbers(place)
                frame = frame.with_columns(pl.col(LINE).is_in(numbers).alias(f"{name}_IS_NUMBER"))
                if not covered and peculiar.formulas and not peculiar.unlike:
                    peculiar.failed = failed_cells(package, chosen.part.part, names, chosen.header.ends, **where)
                    peculiar.unlike = True
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as error:
        raise FileFault("file_damaged", **where) from error
    frame = _with_failed(frame, names, peculiar.failed)
    notes = _left_out(role, candidates, chosen)
    try:
        return finished(frame.iter_slices(_ROWS_AT_ONCE), notes, date_1904=package.date_1904)
    except FileFault as fault:
        fault.extra |= where
        raise


def _candidate(package: Package, part: SheetPart) -> _Candidate:
    rows = package.head(part)
    return _Candidate(part, find_header(rows), not any(any(row) for row in rows))


def _chosen(role: str, candidates: list[_Candidate]) -> _Candidate:
    if role == "members":
        taken = _chosen("auto", candidates)
        candidates = [each for each in candidates if each is not taken]
    visible = [each for each in candidates if not each.part.hidden]
    named = [each for each in visible if each.named(role)]
    fitting = named or [each for each in visible if each.fits(role)]
    name = sheet_for(role, None).name
    if len(fitting) > 1:
        raise FileFault("sheets_ambiguous", sheet=name, sheets=[each.part.number for each in fitting])
    if fitting:
        return fitting[0]
    hidden = [each for each in candidates if each.part.hidden and (each.named(role) or each.fits(role))]
    if hidden:
        raise FileFault("sheet_hidden", sheet=name, sheet_number=hidden[0].part.number)
    # A sheet of remarks is no sheet of members that lacks its columns.
    filled = [each for each in visible if not each.empty and (role != "members" or each.header is not None)]
    if not filled:
        raise FileFault("members_missing" if role == "members" else "file_empty")
    # None is right: what is missing is told of the one that comes nearest, the first where several do.
    return max(filled, key=lambda each: each.nearness(role))


def _left_out(role: str, candidates: list[_Candidate], chosen: _Candidate) -> dict[str, int]:
    """Sheets that look like what was wanted and were not taken: that must not go unsaid."""
    others = [each for each in candidates if each is not chosen and (each.fits(role) or each.named(role))]
    hidden = sum(each.part.hidden for each in others)
    counts = {"hidden_sheet_left_out": hidden, "sheet_left_out": len(others) - hidden}
    return {code: count for code, count in counts.items() if count}


class _Sheet:
    """The rows below the header of one sheet. `line` is the row as a person sees it."""

    def __init__(self, content: bytes, name: str, header_ends: int) -> None:
        self._book, self._name, self._header = fastexcel.read_excel(content), name, header_ends

    def text(self, places: dict[str, int]) -> pl.DataFrame:
        """The columns that stand at `places` as text, and the sheet's first where it is none of them."""
        wanted = {place: name for name, place in places.items()}
        wanted.setdefault(0, FIRST)
        sheet = self._load(set(wanted), "string")
        at = {column.absolute_index: column.name for column in sheet.selected_columns}
        cells = [
            (pl.col(at[place]) if place in at else pl.lit("")).fill_null("").alias(name)
            for place, name in wanted.items()
        ]
        return sheet.to_polars().select(*cells).with_row_index(LINE, self._header + 2)

    def numbers(self, place: int) -> list[int]:
        """The lines of a column whose cell is a number: read as boolean a number becomes one, a text does not."""
        frame = self._load({place}, "boolean").to_polars().with_row_index(LINE, self._header + 2)
        name = frame.columns[1]
        return frame.filter(pl.col(name).is_not_null())[LINE].to_list()

    def _load(self, places: set[int], dtype: Any) -> fastexcel.ExcelSheet:
        return self._book.load_sheet(
            self._name,
            header_row=self._header,
            dtypes=dtype,
            use_columns=lambda column: column.absolute_index in places,
        )


def _with_failed(frame: pl.DataFrame, names: dict[int, str], failed: dict[tuple[int, int], str]) -> pl.DataFrame:
    """The frame with what a failed formula shows in the place of nothing."""
    by_column: dict[str, dict[int, str]] = {}
    for (place, line), text in failed.items():
        by_column.setdefault(names[place], {})[line] = text
    return frame.with_columns(
        pl.col(LINE).replace_strict(texts, default=pl.col(name), return_dtype=pl.String).alias(name)
        for name, texts in by_column.items()
    )
