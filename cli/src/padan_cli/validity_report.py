"""The validity report of a batch as a person reads it on a terminal of 80 columns."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

UNKNOWN_REGION = "(wilayah tidak dikenal / unknown region)"


def print_report(batch: dict[str, Any], console: Console) -> None:
    """The validity report: totals, then each reason in words with what to do about it, then the districts."""
    match batch["state"]:
        case "failed":
            print_problem(batch.get("problem") or {}, console)
        case "repeated":
            console.print("Berkas ini sudah pernah dikirim: tidak ada yang berubah.", style="yellow")
            console.print("The same file was sent before: nothing changed.", style="yellow")
            console.print(f"Laporannya / its report: upload {batch.get('repeat_of')}")
        case _:
            _print_totals(batch, console)
            if batch.get("every_reason"):
                console.print(_reasons(batch))
            districts = [region for region in batch.get("by_region") or [] if region["level"] == "district"]
            if any(region["region"] for region in districts):  # a ranking names no regions
                console.print(_districts(districts))


def print_problem(problem: dict[str, Any], console: Console) -> None:
    """Why a file cannot be worked with, and what to do, in both languages."""
    code = problem.get("code", "failed")
    console.print(Text(f"[{code}] Berkas tidak dapat diolah. / The file cannot be processed.", "red"))
    for texts in (("detail_id", "next_step_id"), ("detail", "next_step")):
        console.print(Text("  " + " ".join(problem[name] for name in texts if problem.get(name))))


def _print_totals(batch: dict[str, Any], console: Console) -> None:
    if batch["state"] == "cancelled":
        done, total = batch.get("reported_to") or 0, batch.get("rows") or 0
        console.print(
            f"Dibatalkan: {done:,} dari {total:,} baris sudah diolah dan tetap berlaku; kirim lagi untuk "
            f"melanjutkan.\nCancelled: {done:,} of {total:,} rows were processed and stand; send the file again "
            "to go on.",
            style="yellow",
        )
    valid, invalid, rows = f"[bold]{batch['valid']:,}[/]", f"[bold]{batch['invalid']:,}[/]", f"{batch['rows'] or 0:,}"
    console.print(f"{valid} valid dan {invalid} tidak valid dari {rows} baris")
    console.print(f"{valid} valid and {invalid} invalid of {rows} rows")
    if correction := batch.get("correction"):
        _print_correction(correction, console)
    if batch.get("dry_run"):
        console.print("Hanya diperiksa, tidak ada yang dicatat. / Dry run, nothing registered.", style="yellow")
    if matched := batch.get("matched"):
        console.print(f"{matched:,} sudah tercatat / already in the register")
    if waiting := batch.get("waiting"):
        console.print(
            f"{waiting:,} menunggu: orangnya belum tercatat; usulkan keluarganya lebih dahulu.\n"
            f"{waiting:,} waiting: the person is not in the register; propose the household first."
        )


_CORRECTION = (
    ("unchanged", "sudah tercatat, tidak berubah", "in the register, unchanged"),
    ("now_valid", "sekarang valid", "valid now"),
    ("still_invalid", "masih tidak valid", "still invalid"),
    ("changed_accepted", "sudah tercatat; perubahannya tidak dicatat", "in the register; its changes are not taken"),
    ("new", "baru", "new"),
    ("removed", "tidak ada lagi dalam berkas", "no longer in the file"),
    ("removed_registered", "di antaranya tercatat dan tetap tercatat", "of these in the register, and staying there"),
)


def _print_correction(correction: dict[str, Any], console: Console) -> None:
    console.print(f"Perbaikan atas / a correction of: upload {correction['of']}")
    for name, indonesian, english in _CORRECTION:
        if correction.get(name):
            console.print(f"  {correction[name]:,} {indonesian} / {english}")


def _reasons(batch: dict[str, Any]) -> Table:
    title = "Baris tidak valid menurut alasan / Invalid rows, by reason"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, caption_justify="left")
    table.caption = (
        "first: sebagai alasan pertama · any: semua baris · →: langkah berikutnya\n"
        "first: as a row's first reason · any: all its rows · →: what to do"
    )
    table.add_column("first", justify="right")
    table.add_column("any", justify="right")
    table.add_column("alasan / reason")
    first, words = batch.get("first_reasons") or {}, batch.get("reasons") or {}
    by_count = sorted(batch["every_reason"].items(), key=lambda item: -item[1])
    for code, count in by_count:
        table.add_row(f"{first.get(code, 0):,}", f"{count:,}", in_words(code, words.get(code, {})))
    return table


def in_words(code: str, text: Mapping[str, str]) -> Group:
    """A code, what it means, and what to do, in both languages; what is broken into lines stays below its beginning."""
    said: list[Text | Padding] = [Text(code, "bold")]
    for language, style in (("id", ""), ("en", "dim")):
        for name, sign in ((language, ""), (f"next_{language}", "→ ")):
            if text.get(name):
                said.append(Padding(Text(sign + text[name], style), (0, 0, 0, 2)))
    return Group(*said)


def _districts(districts: list[dict[str, Any]]) -> Table:
    title = "Menurut kecamatan / By district"
    table = Table("code", "kecamatan / district", title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("valid", "invalid"):
        table.add_column(name, justify="right")
    for region in sorted(districts, key=lambda region: region["region"] or "~"):  # the unknown one last
        name = region["name"] if region["region"] else UNKNOWN_REGION
        table.add_row(region["region"], name, f"{region['valid']:,}", f"{region['invalid']:,}")
    return table
