"""`padan audit`: payments that should not have been, each with the events that prove it."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from padan_gateway.domain.access import Role

from padan_cli.csv_files import write_csv
from padan_cli.payments import pages
from padan_cli.payments_tables import console, show_findings
from padan_cli.platform_commands import InstanceName
from padan_cli.policy import Token, gateway_of

audit = typer.Typer(help="Ask for findings: payments that should not have been, and what proves it.")
_PAGE: Final = 500
_COLUMNS: Final = (
    "kind", "programme", "stage", "regency", "household_id", "list_id", "line", "amount_idr", "paid_on", "event_id",
    "topic", "type", "time",
)  # fmt: skip


_Reader = Annotated[Role, typer.Option(metavar="ROLE", help="As whom: auditor, ministry or data_protection_officer.")]


class Kind(StrEnum):
    """What a finding is."""

    PAID_AFTER_DEATH = "paid_after_death"
    PAID_TWICE = "paid_twice"
    PAID_WITHOUT_PLACE = "paid_without_place"
    PAID_WHILE_BARRED = "paid_while_barred"
    CARD_NOT_DISTRIBUTED = "card_not_distributed"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(audit, name="audit", rich_help_panel="Working with it")


@audit.callback()
def _audit() -> None:
    """A group, though it has one command: `padan audit findings`."""


@audit.command()
def findings(  # noqa: PLR0917 - typer calls it, by name
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    programme: Annotated[str | None, typer.Option(help="Only of this programme, such as sembako.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only of this stage, such as 2026-T1.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Where to write all of it: one row an event that proves.")] = None,
    role: _Reader = Role.AUDITOR,
    region: Annotated[str, typer.Option(help="For which region you act: its code, or ID for the nation.")] = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Show payments that should not have been: after a death, twice, without a place, while barred, without a card."""
    asked = {"kind": None if kind is None else kind.value, "programme": programme, "stage": stage}
    query = "".join(f"&{name}={value}" for name, value in asked.items() if value is not None)
    out = console()
    with gateway_of(instance, token, role, region, "padan-audit") as gateway, out.status("memeriksa / looking"):
        found = list(pages(gateway, f"/v1/findings?limit={_PAGE}{query}", "findings"))
    show_findings(out, found)
    if csv is not None:
        write_csv(csv, _COLUMNS, _rows(found))
        out.print(f"CSV: {csv}", soft_wrap=True, markup=False)


def _rows(found: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in found:
        for event in one["events"]:
            of = {name: one[name] for name in _COLUMNS if name in one}
            yield {**of, "regency": one["regency"]["code"], **{name: event[name] for name in event}}
