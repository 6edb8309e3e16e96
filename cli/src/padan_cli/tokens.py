"""`padan token`: tokens for people, in development only."""

import json
import os
import time
from pathlib import Path
from typing import Annotated, Protocol

import typer
from joserfc import jwt
from joserfc.jwk import ECKey
from padan_gateway.domain.access import Role

from padan_cli.platform import Instance, PlatformError
from padan_cli.platform.credentials import ISSUER
from padan_cli.platform_commands import InstanceName

AUDIENCE = "padan-gateway"


class Issuer(Protocol):
    """Where the development issuer's key lies: an instance, or the secrets of docker-compose.yml."""

    @property
    def secrets(self) -> Path: ...
    @property
    def deployment_environment(self) -> str: ...


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(rich_help_panel="Working with it")(token)


def token(
    role: Annotated[str, typer.Option(help="What the person is: social_office, district_officer, auditor ...")],
    region: Annotated[str, typer.Option(help="Kemendagri code of 2, 4, 6 or 10 digits, or ID for all of it.")],
    subject: Annotated[str, typer.Option(help="Who it is, as it will stand in the access log.")] = "developer",
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 31, help="How long it is valid.")] = 12.0,
    instance: InstanceName = "local",
) -> None:
    """Print a token for the gateway. Refuses to run outside development."""
    typer.echo(issue(Instance.existing(instance), role=role, region=region, subject=subject, hours=hours))


def issue(instance: Issuer, *, role: str, region: str, subject: str = "developer", hours: float = 12.0) -> str:
    """An ES256 token signed by the instance's development issuer, valid for `hours`.

    Raises `not_in_development` where PADAN_ENVIRONMENT or the instance says otherwise, `role_unknown` for a role that
    the gateway's access table does not know, `region_unknown` when the region has not the form of a code.
    """
    environment = os.environ.get("PADAN_ENVIRONMENT", instance.deployment_environment)
    if {environment, instance.deployment_environment} != {"development"}:
        raise PlatformError(
            "not_in_development",
            "Token pengembangan hanya diterbitkan di lingkungan development.",
            "Development tokens are issued in the development environment only.",
        )
    if role not in list(Role):
        raise PlatformError(
            "role_unknown",
            f"Peran tidak dikenal: {role!r}. Yang ada: {', '.join(Role)}.",
            f"There is no such role: {role!r}. There are: {', '.join(Role)}.",
        )
    if region != "ID" and not (region.isascii() and region.isdigit() and len(region) in {2, 4, 6, 10}):
        raise PlatformError(
            "region_unknown",
            f"Kode wilayah keliru: {region!r}. Pakai 2, 4, 6, atau 10 angka, atau ID.",
            f"Not a region code: {region!r}. Use 2, 4, 6 or 10 digits, or ID.",
        )
    key = ECKey.import_key(json.loads((instance.secrets / "issuer.key.json").read_bytes()))
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "role": role,
        "region": region,
        "iat": now,
        "exp": now + round(hours * 3600),
    }
    return jwt.encode({"alg": "ES256", "kid": ISSUER}, claims, key)
