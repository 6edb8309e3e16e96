"""`padan simulate`: what a candidate policy or quota would change, through the gateway. Nothing is changed by it."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from padan_gateway.domain.access import Purpose, Role
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from padan_cli.ingest import Gateway
from padan_cli.platform import Instance
from padan_cli.platform_commands import InstanceName
from padan_cli.policy import Token, read_policy_file
from padan_cli.simulation_report import print_simulation, write_csv
from padan_cli.tokens import issue

_WITHIN_S = 180.0
_PAST_WITHIN_S = 630.0
_COLUMNS = (SpinnerColumn(), TextColumn("menghitung / simulating"), TimeElapsedColumn())


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(rich_help_panel="Working with it")(simulate)


def simulate(  # noqa: PLR0917 - typer calls it, by name
    policy: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, readable=True, help="The candidate: a policy document, YAML."),
    ] = None,
    programme: Annotated[
        str | None, typer.Option(help="Instead of a document: whose policy in force is meant, with --quota.")
    ] = None,
    quota: Annotated[
        list[str] | None, typer.Option(help="A candidate quota, such as 3318=1200; once for each regency.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Province (2 digits), or regency or city (4); without: all of the programme's.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="A later date than that of the facts.")
    ] = None,
    period: Annotated[
        UUID | None, typer.Option(help="A closed period: families as they were at its cut. Without: as they are now.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Where to write it all, for a spreadsheet.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Name families that win or lose, in the CSV.")] = False,
    purpose: Annotated[Purpose | None, typer.Option(help="Why names are read, as it will stand in the log.")] = None,
    role: Annotated[Role | None, typer.Option(help="As whom; without: as the programme's owner.")] = None,
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Say whom a candidate policy or quota would serve: winners, losers, cost, places. Nothing is changed."""
    if (policy is None) == (programme is None):
        raise typer.BadParameter("--policy FILE, or --programme CODE with --quota")
    if names and (csv is None or purpose is None):
        raise typer.BadParameter("--names needs --csv and --purpose")
    candidate = None if policy is None else read_policy_file(policy)
    place = Instance.existing(instance)
    asked = {
        "policy": None if policy is None else policy.read_text(encoding="utf-8"),
        "programme": programme,
        "quotas": dict(map(_quota, quota or [])),
        "region": region,
        "as_of": None if as_of is None else as_of.date().isoformat(),
        "named": names,
        "period_id": None if period is None else str(period),
    }
    owner = _owner_of(place, programme or "", token) if candidate is None else candidate.owner
    within_s = _WITHIN_S if period is None else _PAST_WITHIN_S
    headers = {} if purpose is None else {"Padan-Purpose": purpose.value}
    with (
        Gateway(place.url("gateway"), token or _token(place, owner, role)) as gateway,
        Progress(*_COLUMNS, console=Console(stderr=True), transient=True) as bar,
    ):
        bar.add_task("")
        found: dict[str, Any] = gateway.post("/v1/simulations", json=asked, headers=headers, timeout=within_s)
    console = Console(highlight=False)
    print_simulation(found, console)
    if csv is not None:
        write_csv(found, csv)
        console.print(f"CSV: {csv}", soft_wrap=True, markup=False)


def _quota(said: str) -> tuple[str, int]:
    regency, _, places = said.partition("=")
    if not (re.fullmatch("[0-9]{4}", regency) and re.fullmatch("[0-9]{1,9}", places)):
        raise typer.BadParameter(f"--quota {said}: 3318=1200")
    return regency, int(places)


def _token(place: Instance, owner: str, role: Role | None) -> str:
    region = owner if owner[0].isdigit() else "ID"
    owns = Role.MINISTRY if owner == "ministry" else Role.PROGRAMME_OWNER
    return issue(place, role=(role or owns).value, region=region, subject="padan-simulate")


def _owner_of(place: Instance, programme: str, token: str | None) -> str:
    bearer = token or issue(place, role=Role.AUDITOR.value, region="ID", subject="padan-simulate")
    with Gateway(place.url("gateway"), bearer) as gateway:
        found = gateway.get("/v1/policies")["policies"]
    # What nobody owns is told by the answer to the simulation itself.
    return next((str(one["owner"]) for one in found if one["programme"] == programme), "ministry")
