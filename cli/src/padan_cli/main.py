"""The `padan` command."""

import sys

import typer
from rich.console import Console
from typer.exceptions import TyperException

from padan_cli import (
    check_list,
    ingest,
    parked,
    platform_commands,
    policy,
    rebuild,
    recompute,
    reconcile,
    simulate,
    tokens,
)
from padan_cli.demo import command as demo
from padan_cli.platform.errors import PlatformError
from padan_cli.story import command as story

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
check_list.register(app)
reconcile.register(app)
rebuild.register(app)
parked.register(app)
policy.register(app)
recompute.register(app)
simulate.register(app)
demo.register(app)
story.register(app)


def main() -> None:
    """Run the command; what the person can act on is said in both languages, without a traceback."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
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
