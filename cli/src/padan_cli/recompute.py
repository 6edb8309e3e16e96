"""`padan recompute`: how far a published policy has reached the households, and pausing and resuming it."""

from datetime import datetime
from typing import Annotated, Any

import typer
from padan_gateway.domain.access import Role
from rich.console import Console

from padan_cli.platform_commands import InstanceName
from padan_cli.policy import Acting, Programme, Region, Subject, Token, Version, gateway_of

recomputations = typer.Typer(help="Show, pause and resume what a new policy makes anew.", no_args_is_help=True)

_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}
_STATES = {
    "waiting": "menunggu / waiting",
    "running": "berjalan / running",
    "paused": "dijeda / paused",
    "done": "selesai / done",
    "superseded": "digantikan / superseded",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(recomputations, name="recompute", rich_help_panel="Working with it")


@recomputations.command("list")
def list_(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    role: Acting = Role.AUDITOR,
    region: Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Show which households a published policy has still to reach."""
    with gateway_of(instance, token, role, region, "padan-recompute") as gateway:
        _show(gateway.get("/v1/recomputations")["recomputations"], everything=everything)


@recomputations.command()
def pause(  # noqa: PLR0917 - typer calls it, by name
    programme: Programme,
    version: Version,
    subject: Subject,
    region: Region,
    role: Acting = Role.PROGRAMME_OWNER,
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Pause it: live changes are decided by the new policy all the same."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        _show(gateway.post(f"/v1/recomputations/{programme}/{version}/pause")["recomputations"])


@recomputations.command()
def resume(  # noqa: PLR0917 - typer calls it, by name
    programme: Programme,
    version: Version,
    subject: Subject,
    region: Region,
    role: Acting = Role.PROGRAMME_OWNER,
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Go on where it was paused."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        _show(gateway.post(f"/v1/recomputations/{programme}/{version}/resume")["recomputations"])


def _show(found: list[dict[str, Any]], *, everything: bool = False) -> None:
    console = Console(highlight=False, soft_wrap=True)
    shown = [one for one in found if everything or one["state"] not in {"done", "superseded"}]
    if not shown:
        console.print("Tidak ada hitung ulang yang tersisa.\nNo recomputation is left to do.")
        return
    for one in shown:
        due = datetime.fromisoformat(one["due_at"]).strftime("%Y-%m-%d %H:%M %Z")
        console.print(
            f"{one['programme']} {one['version']} {_ZONES[one['zone']]}: {_STATES[one['state']]}, sejak / from {due}"
        )
        if one["started_at"]:
            looked_at, total, changed = one["looked_at"], one["total"], one["changed"]
            console.print(f"    dilihat / looked at {looked_at:,} / {total:,} · berubah / changed {changed:,}")
