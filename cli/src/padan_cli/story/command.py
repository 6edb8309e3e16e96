"""`padan story`."""

import shutil
from typing import Annotated

import typer
from padan_simulators import pati
from rich.console import Console

from padan_cli.platform import Instance, Platform
from padan_cli.platform.instance import project_root
from padan_cli.story.chapters import tell
from padan_cli.story.teller import StoryError, Teller

_INSTANCE = "story"
_WIDEST = 118
"""Longer lines are hard to read."""


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(rich_help_panel="Working with it")(story)


def story(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the instance running afterwards.")] = False,
) -> None:
    """Start everything afresh and play the life of an invented family through the public API, told in words."""
    console = Console(highlight=False)
    console.width = min(console.width, _WIDEST)
    folder = project_root() / ".padan" / _INSTANCE
    if folder.exists():
        Platform(Instance(folder)).down()
        shutil.rmtree(folder)
    platform = Platform(Instance(folder), bound=not keep)
    try:
        pati.generate(60, folder=platform.instance.folder / "data")
        with console.status("starting ...") as status:
            platform.up(progress=lambda name, state: status.update(f"{name}: {state}"))
        tell(Teller(console, platform), platform)
        console.print()
        console.rule("[green]Tamat. Semua langkah sesuai. / The end: every step came out as it must.[/]", align="left")
    except StoryError as error:
        console.print(f"[red]wrong:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    finally:
        if not keep:
            platform.down()
