"""`padan reconcile`: hold views against the stores behind them, now."""

import asyncio
from typing import Annotated, Final

import typer
from padan_runtime.problems import Unavailable
from padan_runtime.reconciliation.asking import Found, QuestionRefusedError
from rich.console import Console
from rich.table import Table

from padan_cli.maintenance import SERVICE_OF, InstanceOrEnvironment, open_view, place
from padan_cli.platform import PlatformError

_OF_OWN_LOG: Final = {"household.claims", "eligibility.places", "eligibility.reviews", "eligibility.payments"}
READERS: Final = tuple(view for view in SERVICE_OF if view not in _OF_OWN_LOG)
"""Views of another service's events. The others are made of their own service's log, and only a rebuild checks them."""
_MOST_SHOWN: Final = 20


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(rich_help_panel="Looking after it")(reconcile)


def reconcile(
    reader: Annotated[str | None, typer.Argument(help=f"{', '.join(READERS)}; all when none is named.")] = None,
    instance: InstanceOrEnvironment = None,
) -> None:
    """Compare views with the stores behind them, shard by shard; name the households that differ (exit status 1)."""
    console = Console(highlight=False)
    table = Table(box=None, title_justify="left")
    for column in ("reader", "topic", "households", "left out", "differ"):
        table.add_column(column, overflow="fold")
    named: list[str] = []
    instance = place(instance)
    for name in (reader,) if reader is not None else READERS:
        for found in asyncio.run(_once(name, instance)):
            count = len(found.differences)
            table.add_row(
                name,
                found.topic,
                f"{found.households:,}",
                str(found.left_out),
                f"[{'red' if count else 'green'}]{count}[/]",
            )
            named += [f"{name} {found.topic} {household}" for household in found.differences[:_MOST_SHOWN]]
    console.print(table)
    for line in named:
        console.print(line, soft_wrap=True)
    if named:
        console.print(
            "Pandangan berbeda dari sumbernya. Bangun ulang: `padan rebuild PANDANGAN`.\n"
            "A view differs from its store. Rebuild it: `padan rebuild VIEW`.",
            style="red",
        )
        raise typer.Exit(1)


async def _once(reader: str, instance: str | None) -> list[Found]:
    opened = open_view(reader, instance)
    try:
        for reconciliation in opened.reconciliations:
            if reconciliation.reader == reader:
                return await reconciliation.once()
        raise PlatformError(
            "not_reconciled",
            f"{reader} tidak punya sumber untuk dibandingkan.",
            f"{reader} has no store to be compared with.",
        )
    except Unavailable as error:
        raise PlatformError(
            "service_unavailable",
            f"Layanan {error} belum menjawab. Tunggu sebentar, lalu coba lagi.",
            f"The service {error} does not answer. Wait a moment, then try again.",
        ) from error
    except QuestionRefusedError as error:
        raise PlatformError(
            "question_refused",
            f"Layanan {error} menolak pertanyaannya. Samakan versi kedua layanan; lihat docs/runbook.md.",
            f"The service {error} refuses the question. Bring both services to one version; see docs/runbook.md.",
        ) from error
    finally:
        await opened.close()
