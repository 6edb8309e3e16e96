"""`Platform`: start, stop, kill and watch the processes of an instance from any other process."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx

from padan_cli.platform import distribution, linux, socket_path
from padan_cli.platform.components import COMPONENTS, with_needs
from padan_cli.platform.errors import PlatformError
from padan_cli.platform.instance import SERVERS, Instance
from padan_cli.platform.ownership import HELD_BY_ANOTHER, end_leftovers, hold

Progress = Callable[[str, str], None]
"""Called with a component (or `platform`) and what became of it: `starting`, `ready`, or a sentence."""

_SUPERVISOR_WITHIN_S = 60.0
_LOST_AT_MOST = 2
_LOOK_S: Final = 0.05
"""Between two looks: what other processes do has no event to wait for."""
_NO_AUTHORITIES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: looks are plain HTTP, and to read the machine's authorities for each would cost 37 ms of a core."""


class SupervisorLost(PlatformError):
    """The supervisor was killed, or stopped by somebody else, while it was answering."""


class Platform:
    """Talks to the supervisor of one instance, which it starts when there is none. Safe to use from threads.

    With `bound`, everything stops when this process ends, however it ends.
    """

    def __init__(self, instance: Instance, *, bound: bool = False) -> None:
        self.instance = instance
        self._bound = bound

    @property
    def kafka(self) -> str:
        """Kafka's bootstrap address, `127.0.0.1:port`."""
        return self.instance.kafka

    def url(self, component: str) -> str:
        """HTTP address of a service or simulator."""
        return self.instance.url(component)

    def database_url(self, database: str, role: str | None = None) -> str:
        """Address of a database, for its run-time role unless another one is named."""
        return self.instance.database_url(database, role)

    def up(self, only: Iterable[str] | None = None, progress: Progress | None = None) -> None:
        """Start all components, or those in `only` with what they need, and wait until each is ready.

        Safe to repeat. Raises `PlatformError`: an unknown component, a missing tool, a failed download, or a
        component that did not become ready (with the end of its log).
        """
        tell = progress or (lambda _component, _state: None)
        names = with_needs(COMPONENTS if only is None else only)
        if not self.is_up():
            distribution.install(self.instance.servers, lambda text: tell("platform", text))
        self._ask_started({"do": "up", "names": names}, tell)

    def down(self) -> None:
        """Stop everything in reverse order, the supervisor last; also what a killed supervisor left behind."""
        deadline = time.monotonic() + _SUPERVISOR_WITHIN_S + sum(c.patience_s for c in COMPONENTS.values())
        while (lock := hold(self.instance)) is None:
            if time.monotonic() > deadline:
                raise PlatformError("down_timeout", "Platform tidak berhenti.", "The platform does not stop.")
            # It may be on its way up (and is asked again) or down (and does not answer any more).
            with suppress(OSError, SupervisorLost):
                self._ask({"do": "down"}, lambda _component, _state: None)
            time.sleep(_LOOK_S)
        try:
            end_leftovers(self.instance)
            (self.instance.run / "state.json").unlink(missing_ok=True)
        finally:
            os.close(lock)

    def start(self, name: str) -> None:
        """Start one component with what it needs and wait until it is ready."""
        self.up(only=[name])

    def stop(self, name: str) -> None:
        """Stop one component in order; it stays stopped until `start` or `up`."""
        self._ask({"do": "stop", "names": [name]}, lambda _component, _state: None)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a component's process and, for SIGKILL, wait until it is gone; answers its id.

        The supervisor starts it again at once. Raises `not_running`.
        """
        process = self.processes()[name]
        pid, started = process["pid"], process["started"]
        if not linux.is_alive(pid, started) or not linux.send(
            pid, started, number, wait_s=10.0 if number == signal.SIGKILL else 0.0
        ):
            raise PlatformError("not_running", f"{name} tidak berjalan.", f"{name} is not running.")
        return int(pid)

    def pid(self, name: str) -> int | None:
        """Process id of a component; None when it is not running."""
        process = self.processes()[name]
        return int(process["pid"]) if linux.is_alive(process["pid"], process["started"]) else None

    def wait_ready(self, name: str, within_s: float = 120.0) -> None:
        """Wait until a component (again) runs and takes work; raises `start_timeout`."""
        deadline = time.monotonic() + within_s
        while not self._is_ready(name):
            if time.monotonic() > deadline:
                raise PlatformError("start_timeout", f"{name} tidak siap.", f"{name} is not ready.")
            time.sleep(_LOOK_S)

    def is_up(self) -> bool:
        """Whether a supervisor is running."""
        own = self._state().get("supervisor", {})
        return linux.is_alive(own.get("pid"), own.get("started"))

    def processes(self) -> dict[str, dict[str, Any]]:
        """Each component's condition: `state`, `pid`, `started` (clock ticks), `restarts`, `reason`."""
        known = self._state().get("processes", {})
        stopped = {"state": "stopped", "pid": None, "started": None, "restarts": 0, "reason": ""}
        return {name: dict(known.get(name, stopped)) for name in COMPONENTS}

    def supervisor_pid(self) -> int | None:
        """Process id of the supervisor; None when there is none."""
        return int(self._state()["supervisor"]["pid"]) if self.is_up() else None

    def _is_ready(self, name: str) -> bool:
        process = self.processes()[name]
        if process["state"] != "ready" or not linux.is_alive(process["pid"], process["started"]):
            return False
        if name in SERVERS:
            return True
        try:
            answer = httpx.get(f"{self.url(name)}/readyz", timeout=2.0, trust_env=False, verify=_NO_AUTHORITIES)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    def _state(self) -> dict[str, Any]:
        path = self.instance.run / "state.json"
        try:
            return dict(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return {}

    def _ask_started(self, request: dict[str, Any], tell: Progress) -> None:
        """Ask, starting a supervisor when there is none; one that is just stopping is waited for.

        One that was killed may still take the connection and then end it without an answer: it is replaced too.
        """
        deadline, lost = time.monotonic() + _SUPERVISOR_WITHIN_S, 0
        while True:
            try:
                return self._ask(request, tell)
            except OSError:
                if time.monotonic() > deadline:
                    raise
            except SupervisorLost:
                lost += 1
                if lost > _LOST_AT_MOST:
                    raise
            self._start_supervisor()

    def _ask(self, request: dict[str, Any], tell: Progress) -> None:
        with socket_path.connect(self.instance.run) as connection:
            for line in _answers(connection, request):
                answer = json.loads(line)
                if "error" in answer:
                    raise PlatformError(*answer["error"])
                if "component" in answer:
                    tell(answer["component"], answer["state"])
                if "done" in answer:
                    return
        raise SupervisorLost(
            "supervisor_lost",
            "Pengawas berhenti di tengah jalan: jalankan perintah ini sekali lagi.",
            "The supervisor ended in the middle of its answer: run the command once more.",
        )

    def _start_supervisor(self) -> None:
        folder, log = self.instance.folder, self.instance.log("supervisor")
        command = [sys.executable, "-m", "padan_cli.platform.supervisor", str(folder)]
        command += ["--servers", str(self.instance.servers)]
        if self._bound:
            command += ["--bound-to", str(os.getpid())]
        markers = {linux.MARKER, linux.COMPONENT_MARKER}
        environment = {name: value for name, value in os.environ.items() if name not in markers}
        with log.open("ab") as output:
            result = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=Path("/"),
                start_new_session=True,
                check=False,
            )
        if result.returncode == HELD_BY_ANOTHER:
            time.sleep(_LOOK_S)  # another one is starting or stopping: the caller asks again
        elif result.returncode != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
            raise PlatformError(
                "supervisor_failed", f"Pengawas tidak berjalan; lihat {log}.", f"No supervisor; see {log}.\n{tail}"
            )


def _answers(connection: socket.socket, request: dict[str, Any]) -> Iterator[bytes]:
    """The lines of an answer; they end early when the supervisor does."""
    try:
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as stream:
            yield from stream
    except (ConnectionResetError, BrokenPipeError):
        return
