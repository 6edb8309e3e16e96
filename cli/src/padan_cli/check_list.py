"""`padan check-list`: hold a list of people against the register, through the gateway. Nothing is registered."""

import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from padan_gateway.domain.access import Purpose, Role
from rich import box
from rich.console import Console
from rich.table import Table

from padan_cli.ingest import Gateway, ServiceAway, must_be_readable
from padan_cli.platform import Instance, PlatformError
from padan_cli.platform_commands import InstanceName
from padan_cli.tokens import issue
from padan_cli.validity_report import in_words, print_problem

_POLL_S = 0.3
"""Between two looks: the gateway is asked, and calls nobody."""
_GONE_FOR_S = 120.0


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("check-list", rich_help_panel="Working with it")(check_list)


def check_list(  # noqa: PLR0917 - typer calls it, by name
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with NIK and, as you like, NAMA and TGL_LAHIR.")],
    purpose: Annotated[Purpose, typer.Option(help="Why the list is checked, as it will stand in the access log.")],
    output: Annotated[Path | None, typer.Option(help="Where to write the rows: .csv or .xlsx.")] = None,
    role: Annotated[Role, typer.Option(metavar="ROLE", help="As whom, such as agency.")] = Role.SOCIAL_OFFICE,
    region: Annotated[str, typer.Option(help="Region for which the sender speaks.")] = "3318",
    token: Annotated[str | None, typer.Option(envvar="PADAN_TOKEN", help="Instead of a development token.")] = None,
    instance: InstanceName = "local",
) -> None:
    """Say which people of a list are in the register. Read only; the check is logged."""
    must_be_readable(file)
    place = Instance.existing(instance)
    bearer = token or issue(place, role=role.value, region=region, subject="padan-check-list")
    console = Console(highlight=False)
    with Gateway(place.url("gateway"), bearer) as gateway:
        check_id = gateway.send_list(file, purpose.value)
        with console.status("memeriksa / checking"):
            found = _until_done(gateway, check_id)
        if found["state"] == "done" and output is not None:
            name = "result.xlsx" if output.suffix.lower() == ".xlsx" else "rows.csv"
            gateway.save(f"/v1/list-checks/{check_id}/{name}", output, purpose=purpose.value)
    if found["state"] == "failed":
        print_problem(found.get("problem") or {}, console)
        raise typer.Exit(1)
    print_check(found, console)
    if output is not None:
        console.print(f"Baris-baris / rows: {output}")


def _until_done(gateway: Gateway, check_id: str) -> dict[str, Any]:
    answered = time.monotonic()
    while True:
        try:
            found = gateway.get(f"/v1/list-checks/{check_id}")
        except (httpx.TransportError, ServiceAway) as error:
            if time.monotonic() - answered > _GONE_FOR_S:
                raise PlatformError(
                    "gateway_unreachable",
                    "Gateway tidak menjawab: periksa sambungan internet, lalu coba lagi.",
                    "The gateway does not answer: check your internet connection, then try again.",
                ) from error
        else:
            answered = time.monotonic()
            if found["state"] in {"done", "failed"}:
                return found
        time.sleep(_POLL_S)


def print_check(found: dict[str, Any], console: Console) -> None:
    """The counts by result, each in words with what to do, then the decile groups."""
    console.print(f"{found['rows']:,} baris diperiksa / rows checked")
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for code, count in found["results"].items():
        table.add_row(f"{count:,}", in_words(code, found["words"][code]))
    console.print(table)
    if found["decile_groups"]:
        groups = ", ".join(f"{group}: {count:,}" for group, count in found["decile_groups"].items())
        console.print(f"Menurut kelompok desil / by decile group: {groups}")
