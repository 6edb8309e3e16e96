"""The `padan` command."""

import sys
from importlib import import_module
from typing import Final

import typer
from rich.console import Console
from typer.exceptions import TyperException

from padan_cli.platform.errors import PlatformError

MODULES: Final = {
    "platform_commands": ("up", "down", "status", "logs"),
    "tokens": ("token",),
    "ingest": ("ingest", "cancel"),
    "check_list": ("check-list",),
    "reconcile": ("reconcile",),
    "rebuild": ("rebuild",),
    "parked": ("parked",),
    "policy": ("policy",),
    "recompute": ("recompute",),
    "simulate": ("simulate",),
    "periods": ("periods",),
    "payments": ("payments",),
    "audit": ("audit",),
    "demo.command": ("demo",),
    "story.command": ("story",),
}
"""The modules of the commands, in the order of the help, and the commands each registers."""


def command_line(asked: str | None = None) -> typer.Typer:
    """The whole command line; or of it what the module of the command asked for registers, since to import them all
    takes three times as long as most commands do."""
    app = typer.Typer(
        name="padan",
        help="Padan, a social registry: run it on this machine, load files, issue development tokens.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    # Never a single command: typer would then take its name for an argument.
    app.callback()(lambda: None)
    known = [module for module, commands in MODULES.items() if asked in commands]
    for module in known or MODULES:
        import_module(f"padan_cli.{module}").register(app)
    return app


def main() -> None:
    """Run the command; what the person can act on is said in both languages, without a traceback."""
    try:
        sys.exit(command_line(sys.argv[1] if sys.argv[1:] else None)(standalone_mode=False) or 0)
    except PlatformError as error:
        _say(error)
        sys.exit(1)
    except TyperException as error:
        said = error.format_message().replace("\n", " ")
        if len(sys.argv) > 1:  # `padan` alone is answered with the help
            _say(
                PlatformError(
                    "usage",
                    f"Perintah tidak lengkap atau keliru ({said}) Lihat `padan -h` atau `padan PERINTAH -h`.",
                    f"The command is incomplete or wrong ({said}) See `padan -h` or `padan COMMAND -h`.",
                )
            )
        else:
            sys.stderr.write(error.format_message() + "\n")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


def _say(error: PlatformError) -> None:
    Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
