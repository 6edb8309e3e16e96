"""The `padan` command."""

import sys

import typer
from rich.console import Console

from padan_cli import ingest, platform_commands, tokens
from padan_cli.demo import command as demo
from padan_cli.platform.errors import PlatformError

app = typer.Typer(
    name="padan",
    help="Padan, a social registry: run it on this machine, load files, issue development tokens.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
platform_commands.register(app)
tokens.register(app)
ingest.register(app)
demo.register(app)


def main() -> None:
    """Run the command; what the person can act on is said in both languages, without a traceback."""
    try:
        app()
    except PlatformError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
