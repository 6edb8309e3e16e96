"""What a simulation found, as tables of at most 80 columns in both languages, and as a CSV."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from padan_cli.number_tables import number_table

_MOST_SHOWN: Final = 20
_CHANGES: Final = {
    "wins": ("mendapat", "win"),
    "loses": ("kehilangan", "lose"),
    "more": ("mendapat lebih", "get more"),
    "less": ("mendapat kurang", "get less"),
    "opens": ("menjadi belum pasti", "can no longer be said"),
    "same": ("tetap", "stay as they are"),
}
_SIDES: Final = {
    "entitled": ("berhak", "entitled"),
    "ready": ("siap mendapat tempat", "ready"),
    "undetermined": ("belum pasti", "undetermined"),
    "not_entitled": ("tidak berhak", "not entitled"),
    "annual_idr": ("Rp setahun", "a year"),
    "ready_annual_idr": ("Rp yang siap", "of the ready"),
}


def print_simulation(found: dict[str, Any], console: Console) -> None:
    """Totals, what changes, and what it comes to by region and by component."""
    in_force = found["version_in_force"] or "-"
    console.print(
        f"{found['programme']}: {in_force} (berlaku / in force) → {found['version']} (calon / candidate)\n"
        f"Wilayah / region {found['region']}, per / as of {found['as_of']}, "
        f"{found['total']['families']:,} keluarga / families",
        markup=False,
    )
    if found["period_id"] is not None:
        console.print(f"Seperti keadaan / families as of {found['facts_at'][:16].replace('T', ' ')} UTC", markup=False)
    if found["left_out"]:
        console.print(f"Tidak terbaca / could not be read: {found['left_out']:,} keluarga / families", markup=False)
    console.print(_totals(found))
    console.print(_changes(found["total"]["changes"]))
    if len(found["by_region"]) > 1:
        console.print(_regions(found["by_region"]))
    if found["by_component"]:
        console.print(_components(found["by_component"]))
    if found["ledgers"]:
        console.print(_places(found["ledgers"]))
    console.print("Tidak ada yang diubah. / Nothing was changed.")


def _totals(found: dict[str, Any]) -> Table:
    table = number_table([""], ["sebelum\nbefore", "sesudah\nafter", "selisih\ndifference"])
    before, after = found["total"]["before"], found["total"]["after"]
    goods = [found["goods_before"], found["goods_after"]]
    for name, (indonesian, english) in _SIDES.items():
        if name.endswith("annual_idr") and not (before[name] or after[name]) and any(goods):
            continue
        row = (f"{before[name]:,}", f"{after[name]:,}", _signed(after[name] - before[name]))
        table.add_row(f"{indonesian} / {english}", *row)
    if any(goods):
        unit = next(one["unit"] for one in goods if one)
        had, gets = (
            0 if one is None else one["annual_quantity"] * side["entitled"]
            for one, side in zip(goods, (before, after), strict=True)
        )
        table.add_row(f"{unit['id']} / {unit['en']}, setahun / a year", f"{had:,}", f"{gets:,}", _signed(gets - had))
    return table


def _changes(changes: dict[str, int]) -> Table:
    table = number_table(["Yang berubah / what changes"], ["keluarga / families"])
    for code, (indonesian, english) in _CHANGES.items():
        table.add_row(f"{indonesian} / {english}", f"{changes[code]:,}")
    return table


def _regions(regions: list[dict[str, Any]]) -> Table:
    table = number_table(
        ["Daerah / region"],
        ["berhak\nentitled", "mendapat\nwin", "kehilangan\nlose", "juta Rp\nmillion Rp", "selisih\ndiff."],
    )
    largest = sorted(regions, key=lambda one: -abs(_difference(one)))
    for one in largest[:_MOST_SHOWN]:
        table.add_row(
            f"{one['regency']['code']} {one['regency']['name']}",
            f"{one['after']['entitled']:,}",
            f"{one['changes']['wins']:,}",
            f"{one['changes']['loses']:,}",
            f"{round(one['after']['annual_idr'] / 1e6):,}",
            _signed(round(_difference(one) / 1e6)),
        )
    left = len(regions) - _MOST_SHOWN
    if left > 0:
        table.caption = f"{left} daerah lain ada di CSV / {left} more regions are in the CSV"
    return table


def _difference(one: dict[str, Any]) -> int:
    return int(one["after"]["annual_idr"] - one["before"]["annual_idr"])


def _components(components: list[dict[str, Any]]) -> Table:
    table = number_table(
        ["Komponen / component"], ["sebelum\nbefore", "sesudah\nafter", "juta Rp\nmillion Rp", "selisih\ndiff."]
    )
    for one in components:
        had, gets = one["annual_idr_before"], one["annual_idr_after"]
        table.add_row(
            f"{one['name']['id']} / {one['name']['en']}",
            f"{one['members_before']:,}",
            f"{one['members_after']:,}",
            f"{round(gets / 1e6):,}",
            _signed(round((gets - had) / 1e6)),
        )
    return table


def _places(ledgers: list[dict[str, Any]]) -> Table:
    table = number_table(["Tempat / places"], ["kuota\nquota", "terisi\nheld", "menunggu\nwaiting", "lebih\nexcess"])
    for one in sorted(ledgers, key=lambda one: -abs(one["places_after"] - one["places_before"]))[:_MOST_SHOWN]:
        table.add_row(
            f"{one['regency']['code']} {one['regency']['name']}",
            *(_became(one[f"{name}_before"], one[f"{name}_after"]) for name in _LEDGER),
        )
    left = len(ledgers) - _MOST_SHOWN
    if left > 0:
        table.caption = f"{left} daerah lain ada di CSV / {left} more regions are in the CSV"
    return table


def _became(before: int | None, after: int) -> str:
    """One below the other: four pairs side by side are wider than a terminal."""
    return f"{after:,}" if before == after else f"{'-' if before is None else f'{before:,}'} →\n{after:,}"


def _signed(number: int) -> str:
    return f"{number:+,}" if number else "0"


_LEDGER: Final = ("quota", "places", "waiting", "excess")
_COLUMNS: Final = (
    "part", "code", "name", "change", "families",
    *(f"{name}_{when}" for name in _SIDES for when in ("before", "after")), *_CHANGES,
    "members_before", "members_after", *(f"{name}_{when}" for name in _LEDGER for when in ("before", "after")),
)  # fmt: skip
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(found: dict[str, Any], path: Path) -> None:
    """One row for the total, each region, component and named family. Only its owner may read it: it may hold names."""
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8-sig", newline=""
    ) as file:
        os.fchmod(file.fileno(), 0o600)  # one that was there keeps its mode else
        writer = csv.DictWriter(file, _COLUMNS, restval="")
        writer.writeheader()
        for row in _rows(found):
            # A name that a spreadsheet would run as a formula is marked as text.
            writer.writerow(
                {
                    name: f"'{cell}" if isinstance(cell, str) and cell.startswith(_DANGEROUS) else cell
                    for name, cell in row.items()
                }
            )


def _rows(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"part": "total", "code": found["region"], "name": found["programme"], **_compared(found["total"])}
    for one in found["by_region"]:
        yield {"part": "region", **one["regency"], **_compared(one)}
    for one in found["by_component"]:
        yield {"part": "component", **one, "name": one["name"]["id"]}
    for one in found["ledgers"]:
        yield {"part": "places", **one["regency"], **{name: one[name] for name in one if name != "regency"}}
    for one in found["named"] or []:
        plain = {name: one[name] for name in ("name", "change", "annual_idr_before", "annual_idr_after")}
        yield {"part": "family", "code": one["household_id"], **plain}


def _compared(one: dict[str, Any]) -> dict[str, Any]:
    sides = {f"{name}_{when}": one[when][name] for name in _SIDES for when in ("before", "after")}
    return {"families": one["families"], **sides, **one["changes"]}
