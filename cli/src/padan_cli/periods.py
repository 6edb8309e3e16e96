"""`padan periods`: open and close update months, half-year sets and disbursement stages; what differs between two."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from padan_gateway.domain.access import Purpose, Role
from rich.console import Console
from rich.table import Table

from padan_cli.number_tables import number_table
from padan_cli.periods_csv import write_difference, write_list
from padan_cli.platform_commands import InstanceName
from padan_cli.policy import Acting, Token, gateway_of

periods = typer.Typer(
    help="Open and close update months, half-year sets and disbursement stages; compare two.", no_args_is_help=True
)
_PAGE: Final = 1_000
_WITHIN_S: Final = 650.0
_KINDS: Final = {
    "update_month": "bulan pemutakhiran / update month",
    "half_year_set": "data semester / half-year set",
    "disbursement_stage": "tahap salur / disbursement stage",
}


class Kind(StrEnum):
    """Three kinds of period, never one word for all."""

    UPDATE_MONTH = "update_month"
    HALF_YEAR_SET = "half_year_set"
    DISBURSEMENT_STAGE = "disbursement_stage"


_Period = Annotated[str, typer.Argument(help="The period's id, as `padan periods list` prints it.")]
_Region = Annotated[str, typer.Option(help="For which region you act: its code, or ID for the nation.")]
_Subject = Annotated[str, typer.Option(help="Who acts, as it will stand in the events.")]
_Csv = Annotated[Path | None, typer.Option(help="Where to write all of it, for a spreadsheet.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(periods, name="periods", rich_help_panel="Working with it")


@periods.command("list")
def list_(
    role: Acting = Role.AUDITOR, region: _Region = "ID", token: Token = None, instance: InstanceName = "local"
) -> None:
    """Show every period of a region, and the digests of those that are closed."""
    with gateway_of(instance, token, role, region, "padan-periods") as gateway:
        _show(gateway.get("/v1/periods")["periods"])


@periods.command("open")
def open_(  # noqa: PLR0917 - typer calls it, by name
    kind: Annotated[Kind, typer.Argument(help="Which of the three.")],
    name: Annotated[str, typer.Argument(help="2026-11, 2026-H2, or 2026-T1 to 2026-T4.")],
    subject: _Subject,
    programme: Annotated[str | None, typer.Option(help="Of a stage: its programme.")] = None,
    role: Acting = Role.MINISTRY,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Open a period. One that is there already stays as it stands."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        asked = {"kind": kind.value, "name": name, "programme": programme}
        _show([gateway.post("/v1/periods", json=asked)])


@periods.command()
def close(  # noqa: PLR0917 - typer calls it, by name
    period: _Period,
    subject: _Subject,
    key: Annotated[str | None, typer.Option(help="Names this request: the same again is answered the same.")] = None,
    role: Acting = Role.MINISTRY,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Close a period: its list is taken at a cut and sealed, once."""
    request = key or f"padan-{uuid4()}"
    Console(stderr=True, highlight=False).print(f"--key {request}", style="dim")
    with gateway_of(instance, token, role, region, subject) as gateway:
        headers = {"Idempotency-Key": request}
        _show([gateway.post(f"/v1/periods/{period}/close", headers=headers, timeout=_WITHIN_S)])


@periods.command()
def families(  # noqa: PLR0917 - typer calls it, by name
    period: _Period,
    csv: Annotated[Path, typer.Option(help="Where to write the sealed list, for a spreadsheet.")],
    purpose: Annotated[Purpose | None, typer.Option(help="Why names are read, as it will stand in the log.")] = None,
    role: Acting = Role.AUDITOR,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Write a sealed list: the families of your region. Names are masked where no purpose is stated."""
    with gateway_of(instance, token, role, region, "padan-periods") as gateway:
        stated = None if purpose is None else purpose.value
        found, rows = _pages(gateway, f"/v1/periods/{period}/list?", purpose=stated)
    write_list(rows, csv)
    _show([found["period"]])
    Console(highlight=False).print(f"CSV: {csv}", soft_wrap=True, markup=False)


@periods.command()
def difference(  # noqa: PLR0917 - typer calls it, by name
    period: _Period,
    before: Annotated[str, typer.Option("--from", help="The earlier period's id.")],
    csv: _Csv = None,
    role: Acting = Role.AUDITOR,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Say who is new, gone or changed between two closed periods, and why."""
    with gateway_of(instance, token, role, region, "padan-periods") as gateway:
        found, rows = _pages(gateway, f"/v1/periods/{period}/difference?from={before}&")
    console = Console(highlight=False)
    print_difference(found, rows, console)
    if csv is not None:
        write_difference(rows, csv)
        console.print(f"CSV: {csv}", soft_wrap=True, markup=False)


def print_difference(found: dict[str, Any], rows: list[dict[str, Any]], console: Console) -> None:
    """What differs between two periods by regency, and why, counted."""
    console.print(
        f"{_KINDS[found['after']['kind']]}: {found['before']['name']} → {found['after']['name']} "
        f"{found['after']['programme'] or ''}",
        markup=False,
    )
    console.print(_totals(found["regencies"]))
    console.print("keluarga: sebelum → sesudah / families: before → after")
    console.print(_reasons(rows))


def _pages(gateway: Any, address: str, purpose: str | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first page, and the families of all."""
    first = page = gateway.get(f"{address}limit={_PAGE}", purpose=purpose)
    rows = list(page["families"])
    while page["next_cursor"] is not None:
        page = gateway.get(f"{address}limit={_PAGE}&cursor={page['next_cursor']}", purpose=purpose)
        rows += page["families"]
    return first, rows


def _show(found: list[dict[str, Any]]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if not found:
        console.print("Tidak ada periode.\nThere is no period.")
    for one in found:
        of = f" {one['programme']}" if one["programme"] else ""
        console.print(f"{_KINDS[one['kind']]} {one['name']}{of} {one['region']}\n    {one['period_id']}", markup=False)
        closed = one["closed"]
        if closed is None:
            console.print("    terbuka / open")
            continue
        amount = "" if closed["amount_idr"] is None else f", Rp {closed['amount_idr']:,}"
        console.print(
            f"    ditutup / closed {closed['closed_at']} {closed['closed_by']}\n"
            f"    {closed['families']:,} keluarga / families{amount}\n    SHA-256 {closed['digest']}",
            markup=False,
        )


def _totals(regencies: list[dict[str, Any]]) -> Table:
    titles = ["keluarga\nfamilies", "masuk\nin", "keluar\nout", "berubah\nchanged", "selisih Rp\ndiff. Rp"]
    table = number_table(["Daerah / region"], titles)
    for one in regencies:
        before, after = one["families_before"], one["families_after"]
        paid = one["amount_idr_after"] - one["amount_idr_before"]
        table.add_row(
            f"{one['regency']['code']} {one['regency']['name']}",
            # One below the other, as all of it side by side is wider than a terminal.
            f"{after:,}" if before == after else f"{before:,} →\n{after:,}",
            *(f"{one[name]:,}" for name in ("into", "out", "changed")),
            f"{paid:+,}" if paid else "0",
        )
    return table


def _reasons(rows: list[dict[str, Any]]) -> Table:
    table = number_table(["", "sebab / why"], ["keluarga\nfamilies"])
    words = {"in": "masuk / in", "out": "keluar / out", "changed": "berubah / changed"}
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        why = row["why"] or ", ".join(row["fields"]) or "-"
        counts[row["change"], why] = counts.get((row["change"], why), 0) + 1
    for (change, why), count in sorted(counts.items()):
        table.add_row(words[change], why, f"{count:,}")
    return table
