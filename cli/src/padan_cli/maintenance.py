"""Which service's settings a reader's maintenance needs, and how they are come by."""

import importlib
import os
from typing import Annotated, Final

import typer
from padan_runtime import logs
from padan_runtime.maintenance import Maintenance

from padan_cli.platform import Instance, PlatformError

SERVICE_OF: Final = {
    "registry-ingest.persons": "registry-ingest",
    "eligibility.facts": "eligibility",
    "eligibility.places": "eligibility",
    "eligibility.reviews": "eligibility",
    "eligibility.payments": "eligibility",
    "gateway.views": "gateway",
    "household.claims": "household",
}
"""By view, the service it belongs to."""

InstanceOrEnvironment = Annotated[
    str | None,
    typer.Option(
        "--instance",
        envvar="PADAN_INSTANCE",
        help="Which platform: a folder below .padan. Without it the service's own settings (PADAN_*), or local.",
    ),
]


def place(instance: str | None) -> str | None:
    """The instance that is meant; None where the environment holds a service's own settings and none is named."""
    return instance if instance is not None or "PADAN_DATABASE_URL" in os.environ else "local"


def open_view(view: str, instance: str | None) -> Maintenance:
    """The maintenance of the service that a view belongs to.

    `instance` None takes the environment where it holds a service's settings, else the instance `local`; who opens
    several asks `place` first, for the settings of the first stay in the environment. Raises `view_unknown`; ends the
    process (78) where a setting is wrong.
    """
    service = SERVICE_OF.get(view)
    if service is None:
        known = ", ".join(SERVICE_OF)
        raise PlatformError(
            "view_unknown",
            f"Tidak ada proyeksi bernama {view!r}; yang ada: {known}.",
            f"There is no view called {view!r}; there are: {known}.",
        )
    named = place(instance)
    if named is not None:
        os.environ.update(Instance.existing(named).environment(service))
    logs.configure(f"padan-{service}", "error")
    module = importlib.import_module(f"padan_{service.replace('-', '_')}.maintenance")
    opened: Maintenance = module.from_environment()
    return opened
