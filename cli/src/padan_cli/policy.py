"""`padan policy`: reading policy documents before anybody publishes them."""

from pathlib import Path
from typing import Annotated

import typer
from padan_eligibility.domain.policy import Policy
from padan_eligibility.policies.reading import DocumentError, read_document
from rich.console import Console

policies = typer.Typer(help="Read policy documents before anybody publishes them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(policies, name="policy")


@policies.callback()
def _group() -> None:
    """Read policy documents before anybody publishes them."""


@policies.command()
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The document, YAML.")],
) -> None:
    """Say whether a document is a policy; where it is none: the line, the fault, and what is allowed there."""
    out = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        policy = read_document(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        out.print(f"{file.name}: bukan teks UTF-8\n{file.name}: not UTF-8 text", style="red", markup=False)
        raise typer.Exit(1) from None
    except DocumentError as error:
        at = f"{file.name}:{error.line}:{error.column}"
        out.print(f"{at}: {error.fault.id}", style="red", markup=False)
        out.print(f"{at}: {error.fault.en}", style="red", markup=False)
        if error.allowed:
            out.print("  boleh / allowed: " + " · ".join(error.allowed), markup=False)
        raise typer.Exit(1) from None
    Console(highlight=False, soft_wrap=True).print(_said(policy), markup=False)


def _said(policy: Policy) -> str:
    name = f"{policy.programme} {policy.version}"
    return (
        f"{name}: kebijakan yang sah, berlaku sejak {policy.effective_from}\n"
        f"{name}: a valid policy, in force from {policy.effective_from}"
    )
