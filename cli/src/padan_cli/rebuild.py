"""`padan rebuild`: build a view anew beside the live one, compare row by row, switch."""

import asyncio
from typing import Annotated

import psycopg
import typer
from padan_runtime.memory import prepare_for_batches
from padan_runtime.problems import Unavailable
from padan_runtime.rebuild.reading import RecordsMissingError
from padan_runtime.rebuild.run import Rebuild, SwitchFailedError
from padan_runtime.rebuild.shadow import AlreadyRunningError
from padan_runtime.rebuild.view import Report
from rich.console import Console
from rich.table import Table

from padan_cli.maintenance import SERVICE_OF, InstanceOrEnvironment, open_view
from padan_cli.platform import PlatformError


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(rich_help_panel="Looking after it")(rebuild)


def rebuild(
    view: Annotated[str, typer.Argument(help=", ".join(SERVICE_OF))],
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare once more after the switch; take it back if they differ.")
    ] = False,
    compare_only: Annotated[
        bool, typer.Option("--compare-only", help="Change nothing; exit status 1 where rows differ.")
    ] = False,
    instance: InstanceOrEnvironment = None,
) -> None:
    """Build a view anew from all events while changes go on, compare it row by row with the live one, and switch."""
    console = Console(highlight=False)
    prepare_for_batches()
    with console.status(f"rebuilding {view} ..."):
        report = asyncio.run(_rebuild(view, instance, switch=not compare_only, verify=verify))
    print_report(report, console)
    if compare_only and report.different:
        raise typer.Exit(1)


def print_report(report: Report, console: Console) -> None:
    """Rows, differences and speed; of households the ids only."""
    rate = report.events / report.seconds
    table = Table("table", "rows", "missing", "surplus", "altered", box=None, title_justify="left")
    table.title = f"{report.view}: {report.events:,} events in {report.seconds:.1f} s ({rate:,.0f}/s)"
    for name, difference in report.differences.items():
        counts = (difference.missing, difference.surplus, difference.altered)
        table.add_row(name, f"{report.rows[name]:,}", *(f"[{'red' if n else 'green'}]{n}[/]" for n in counts))
    console.print(table)
    ended = "switched" if report.switched else "compared only"
    console.print(
        f"{report.different} differences, {len(report.left_out)} households left out, {ended}"
        + (", verified" if report.verified else "")
    )
    for name, difference in report.differences.items():
        for household in difference.households[:20]:
            console.print(f"{name} {household}", soft_wrap=True)


async def _rebuild(view: str, instance: str | None, *, switch: bool, verify: bool) -> Report:
    opened = open_view(view, instance)
    try:
        if opened.owner_url is None:
            raise PlatformError(
                "owner_missing",
                "PADAN_DATABASE_OWNER_URL belum diatur: hanya pemilik basis data yang dapat membuat tabel.",
                "PADAN_DATABASE_OWNER_URL is not set: only the database's owner can create tables.",
            )
        known = next(each for each in opened.views if each.name == view)
        return await Rebuild(known, url=opened.url, owner_url=opened.owner_url, kafka=opened.kafka).run(
            switch=switch, verify=verify
        )
    except AlreadyRunningError as error:
        raise PlatformError(
            "rebuild_under_way",
            f"{view} sedang dibangun ulang; tunggu sampai selesai.",
            f"{view} is being rebuilt already; wait until that ends.",
        ) from error
    except (RecordsMissingError, SwitchFailedError, Unavailable, psycopg.OperationalError) as error:
        raise PlatformError(
            "rebuild_failed",
            f"{view} tidak jadi dibangun ulang ({type(error).__name__}); yang lama tetap berlaku. Lihat runbook.",
            f"{view} was not rebuilt ({type(error).__name__}); the live one is as it was. See the runbook.",
        ) from error
    finally:
        await opened.close()
