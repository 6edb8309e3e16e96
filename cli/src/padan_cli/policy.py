"""`padan policy`: checking a policy document, and how two people draft, review and publish it through the gateway."""

from pathlib import Path
from typing import Annotated, Any

import typer
from padan_eligibility.domain.policy import Policy
from padan_eligibility.policies import packaged
from padan_eligibility.policies.circles import check_circle
from padan_eligibility.policies.reading import DocumentError, read_document
from padan_gateway.domain.access import Role
from rich import box
from rich.console import Console
from rich.table import Table

from padan_cli.ingest import Gateway
from padan_cli.platform import Instance
from padan_cli.platform_commands import InstanceName
from padan_cli.tokens import issue

policies = typer.Typer(help="Check, draft, review and publish policies of programmes.", no_args_is_help=True)

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The document, YAML.")]
Programme = Annotated[str, typer.Argument(help="The programme's code, such as pati_elderly.")]
Version = Annotated[str, typer.Argument(help="The version, such as 2026.1.")]
Subject = Annotated[str, typer.Option(help="Who acts. Whoever drafts does not review, nor publish.")]
Region = Annotated[str, typer.Option(help="Whose programme it is: a region's code, or ID for the nation.")]
Acting = Annotated[Role, typer.Option(metavar="ROLE", help="As whom: programme_owner, or ministry for its own.")]
Token = Annotated[str | None, typer.Option(envvar="PADAN_TOKEN", help="Instead of a development token.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(policies, name="policy", rich_help_panel="Working with it")


@policies.command()
def check(file: _File) -> None:
    """Say whether a document is a policy; where it is none: the line, the fault, and what is allowed there."""
    policy = read_policy_file(file)
    name = f"{policy.programme} {policy.version}"
    Console(highlight=False, soft_wrap=True).print(
        f"{name}: kebijakan yang sah, berlaku sejak {policy.effective_from}\n"
        f"{name}: a valid policy, in force from {policy.effective_from}",
        markup=False,
    )


@policies.command("list")
def list_(
    role: Acting = Role.AUDITOR, region: Region = "ID", token: Token = None, instance: InstanceName = "local"
) -> None:
    """List every version, and how far each has come."""
    with gateway_of(instance, token, role, region, "padan-policy") as gateway:
        found = gateway.get("/v1/policies")["policies"]
    table = Table("programme", "version", "state", "from", "until", "owner", box=box.SIMPLE_HEAD)
    for one in found:
        columns = ("programme", "version", "state", "effective_from", "effective_until", "owner")
        table.add_row(*(str(one[column] or "") for column in columns))
    Console(highlight=False).print(table)


@policies.command()
def show(  # noqa: PLR0917 - typer calls it, by name
    programme: Programme,
    version: Version,
    role: Acting = Role.AUDITOR,
    region: Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Print one version with its document, as JSON."""
    with gateway_of(instance, token, role, region, "padan-policy") as gateway:
        found = gateway.get(f"/v1/policies/{programme}/{version}")
    Console(highlight=False, soft_wrap=True).print_json(data=found)


@policies.command()
def draft(  # noqa: PLR0917 - typer calls it, by name
    file: _File,
    subject: Subject,
    region: Region,
    role: Acting = Role.PROGRAMME_OWNER,
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Send a document as the draft of its version. Nothing is decided by it yet."""
    read_policy_file(file)
    with gateway_of(instance, token, role, region, subject) as gateway:
        _say(gateway.post("/v1/policies", content=file.read_bytes(), headers={"Content-Type": "application/yaml"}))


@policies.command()
def review(  # noqa: PLR0917 - typer calls it, by name
    programme: Programme,
    version: Version,
    digest: Annotated[str, typer.Argument(help="What you read and agree to, as `padan policy show` prints it.")],
    subject: Subject,
    region: Region,
    role: Acting = Role.PROGRAMME_OWNER,
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Agree to somebody else's draft."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        _say(gateway.post(f"/v1/policies/{programme}/{version}/review", json={"digest": digest}))


@policies.command()
def publish(  # noqa: PLR0917 - typer calls it, by name
    programme: Programme,
    version: Version,
    subject: Subject,
    region: Region,
    role: Acting = Role.PROGRAMME_OWNER,
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Publish somebody else's draft that was agreed to."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        _say(gateway.post(f"/v1/policies/{programme}/{version}/publish"))


def gateway_of(instance: str, token: str | None, role: Role, region: str, subject: str) -> Gateway:
    place = Instance.existing(instance)
    return Gateway(place.url("gateway"), token or issue(place, role=role.value, region=region, subject=subject))


def read_policy_file(file: Path) -> Policy:
    """The policy in a file; ends the command with what is wrong where it holds none."""
    out = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        text = file.read_text(encoding="utf-8")
        policy = read_document(text)
        check_circle(text, policy, packaged())
    except UnicodeDecodeError:
        out.print(f"{file.name}: bukan teks UTF-8\n{file.name}: not UTF-8 text", style="red", markup=False)
    except DocumentError as error:
        at = f"{file.name}:{error.line}:{error.column}"
        out.print(f"{at}: {error.fault.id}", style="red", markup=False)
        out.print(f"{at}: {error.fault.en}", style="red", markup=False)
        if error.allowed:
            out.print("  boleh / allowed: " + " · ".join(error.allowed), markup=False)
    else:
        return policy
    raise typer.Exit(1)


_STATES = {
    "drafted": ("rancangan; orang lain memeriksanya", "a draft; somebody else reviews it"),
    "reviewed": ("sudah diperiksa; dapat diterbitkan", "reviewed; it can be published"),
    "published": ("diterbitkan", "published"),
}


def _say(found: dict[str, Any]) -> None:
    indonesian, english = _STATES[found["state"]]
    name = f"{found['programme']} {found['version']}"
    Console(highlight=False, soft_wrap=True).print(
        f"{name}: {indonesian}, berlaku sejak {found['effective_from']}\n"
        f"{name}: {english}, in force from {found['effective_from']}\n"
        f"  digest {found['digest']}",
        markup=False,
    )
