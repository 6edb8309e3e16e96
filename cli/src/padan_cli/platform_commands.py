"""`padan up`, `down`, `status` and `logs`: the platform on this machine."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from padan_cli.platform import Instance, Platform, PlatformError, linux
from padan_cli.platform.components import COMPONENTS

InstanceName = Annotated[
    str, typer.Option("--instance", envvar="PADAN_INSTANCE", help="Which platform: a folder below .padan.")
]
_GROUP = "The platform on this machine"
_STYLES = {"ready": "green", "starting": "yellow", "waiting": "yellow", "failed": "red", "stopped": "dim"}


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (up, down, status, logs):
        app.command(rich_help_panel=_GROUP)(command)


def up(
    only: Annotated[
        list[str] | None, typer.Argument(help="Components to start, with what they need; all when none is named.")
    ] = None,
    instance: InstanceName = "local",
    secure: Annotated[
        bool | None,
        typer.Option("--secure/--open", help="Whether a new instance's Kafka asks for a login (it does by default)."),
    ] = None,
) -> None:
    """Start Kafka, PostgreSQL and the services, and wait until each is ready. Safe to run twice."""
    console = Console(highlight=False)
    begun = time.monotonic()

    def tell(component: str, state: str) -> None:
        if state != "starting":
            console.print(f"[dim]{time.monotonic() - begun:6.1f} s[/]  {component:<16} {state}")

    platform = Platform(Instance.named(instance, secure_kafka=secure))
    with console.status("starting ..."):
        platform.up(only or None, progress=tell)
    status(instance)


def down(instance: InstanceName = "local") -> None:
    """Stop everything this instance started, in reverse order. Data stays."""
    console = Console(highlight=False)
    with console.status("stopping ..."):
        Platform(Instance.existing(instance)).down()
    console.print(f"{instance}: stopped; the data stays in .padan/{instance}")


def status(instance: InstanceName = "local") -> None:
    """Show every process: state, restarts, memory and address."""
    platform = Platform(Instance.existing(instance))
    running = platform.is_up()
    title = f"Padan, instance {instance}" + ("" if running else " (not running: `padan up`)")
    table = Table("process", "pid", "state", "restarts", "memory", title=title, title_justify="left", box=None)
    table.add_column("address", no_wrap=True, min_width=22)
    for name, process in platform.processes().items():
        pid = platform.pid(name)
        state = process["state"] if running and pid is not None else "stopped"
        if running and pid is None and process["state"] in {"failed", "waiting"}:
            state = process["state"]
        elif not running and pid is not None:
            state = "left over"
        table.add_row(
            name,
            str(pid or ""),
            f"[{_STYLES.get(state, 'red')}]{state}[/]",
            str(process["restarts"] or ""),
            f"{linux.memory_bytes(pid) / 1e6:.0f} MB" if pid else "",
            _address(platform, name),
        )
    Console().print(table)


def logs(
    service: Annotated[str, typer.Argument(help=", ".join((*COMPONENTS, "supervisor")))],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    instance: InstanceName = "local",
) -> None:
    """Print the last lines of a process's log."""
    if service not in {*COMPONENTS, "supervisor"}:
        known = ", ".join((*COMPONENTS, "supervisor"))
        raise PlatformError(
            "component_unknown",
            f"Tidak ada proses bernama {service!r}; yang ada: {known}.",
            f"There is no process called {service!r}; there are: {known}.",
        )
    log = Instance.existing(instance).log(service)
    if not log.exists():
        raise PlatformError("no_log", f"{service} belum pernah berjalan.", f"{service} has not run yet.")
    with log.open(errors="replace") as file:
        sys.stdout.writelines(deque(file, maxlen=lines))
    if follow:
        for line in _new_lines(log):
            sys.stdout.write(line)
            sys.stdout.flush()


def _new_lines(log: Path) -> Iterator[str]:
    file = log.open(errors="replace")
    file.seek(0, 2)
    while True:
        if line := file.readline():
            yield line
            continue
        # The log was set aside at a start: the new one is read from its beginning.
        if log.exists() and log.stat().st_ino != Path(f"/proc/self/fd/{file.fileno()}").stat().st_ino:
            file.close()
            file = log.open(errors="replace")
        time.sleep(0.2)  # a file that grows has no event that Python's own library can wait for


def _address(platform: Platform, name: str) -> str:
    if name == "kafka":
        return platform.kafka
    if name == "postgres":
        return f"127.0.0.1:{platform.instance.port(name)}"
    return platform.url(name)
