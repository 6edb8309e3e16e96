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
    "gateway.views": "gateway",
    "household.claims": "household",
}
"""By view, the service it belongs to."""

InstanceOrEnvironment = Annotated[
    str | None,
    typer.Option(
        "--instance", help="Which platform: a folder below .padan. Without it the service's own settings (PADAN_*)."
    ),
]


def open_view(view: str, instance: str | None) -> Maintenance:
    """The maintenance of the service that a view belongs to.

    `instance` None takes the environment where it holds a service's settings, else the instance `local`. Raises
    `view_unknown`; ends the process (78) where a setting is wrong.
    """
    service = SERVICE_OF.get(view)
    if service is None:
        known = ", ".join(SERVICE_OF)
        raise PlatformError(
            "view_unknown",
            f"Tidak ada proyeksi bernama {view!r}; yang ada: {known}.",
            f"There is no view called {view!r}; there are: {known}.",
        )
    if instance is not None or "PADAN_DATABASE_URL" not in os.environ:
        os.environ.update(Instance.existing(instance or "local").environment(service))
    logs.configure(f"padan-{service}", "error")
    module = importlib.import_module(f"padan_{service.replace('-', '_')}.maintenance")
    opened: Maintenance = module.from_environment()
    return opened
