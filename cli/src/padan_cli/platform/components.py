"""The processes of a platform, in the order in which they start; they stop in the reverse order."""

import signal
from collections.abc import Iterable
from dataclasses import dataclass

from padan_cli.platform.errors import PlatformError


@dataclass(frozen=True, slots=True)
class Component:
    """One process: what must be ready before it, and how it is asked to end.

    `script` is its console script (None for the two servers); `ready_within_s` bounds its start, after which
    `padan up` gives up waiting; `patience_s` is what it may take to end before SIGKILL.
    """

    name: str
    needs: tuple[str, ...] = ()
    script: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within_s: float = 60.0
    patience_s: float = 20.0


# SIGINT is PostgreSQL's fast shutdown: SIGTERM would wait until every client has left.
_POSTGRES = Component("postgres", stop_signal=signal.SIGINT, patience_s=30.0)
# After kill -9 a broker reads its whole log again (14.7 s with 336 partitions, measured).
_KAFKA = Component("kafka", ready_within_s=120.0, patience_s=30.0)

COMPONENTS = {
    component.name: component
    for component in (
        _POSTGRES,
        _KAFKA,
        Component("civil-registry", script="padan-civil-registry"),
        Component("barred-register", script="padan-barred-register"),
        Component("bpjs", script="padan-bpjs"),
        Component("household", ("postgres", "kafka"), "padan-household"),
        Component("registry-ingest", ("household", "civil-registry", "barred-register"), "padan-registry-ingest"),
        Component("eligibility", ("household",), "padan-eligibility"),
        Component("gateway", ("household", "registry-ingest", "eligibility"), "padan-gateway"),
    )
}


def with_needs(names: Iterable[str]) -> list[str]:
    """These components and all that must be ready before them, in starting order.

    Raises `component_unknown`.
    """
    wanted: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name not in COMPONENTS:
            known = ", ".join(COMPONENTS)
            raise PlatformError(
                "component_unknown",
                f"Tidak ada proses bernama {name!r}; yang ada: {known}.",
                f"There is no process called {name!r}; there are: {known}.",
            )
        if name not in wanted:
            wanted.add(name)
            queue += COMPONENTS[name].needs
    return [name for name in COMPONENTS if name in wanted]
