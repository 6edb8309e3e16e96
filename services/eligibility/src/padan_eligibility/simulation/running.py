"""Runs a simulation in a process of its own: neither the service's loop nor its memory pays for what it costs."""

import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Final

import msgspec
from padan_runtime.logs import logger
from padan_runtime.problems import Problem

from padan_eligibility.programmes.problems import refused
from padan_eligibility.simulation import problems
from padan_eligibility.simulation.messages import ENDS_S, Found, Work

WITHIN_S: Final = 120.0
PAST_WITHIN_S: Final = 570.0
"""History is folded first: some ten thousand events a second."""


class Simulations:
    """One at a time. `close` ends the one that runs."""

    def __init__(self) -> None:
        self._busy, self._closed = Lock(), False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, work: Work) -> Found:
        """What came of it. Raises `Problem` simulation_running and simulation_too_long, and `RuntimeError` where the
        process failed."""
        if not self._busy.acquire(blocking=False):
            raise problems.simulation_running()
        try:
            return self._run(work)
        finally:
            self._process = None
            self._busy.release()

    def _run(self, work: Work) -> Found:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-m", "padan_eligibility.simulation"], stdin=pipe, stdout=pipe, stderr=pipe
        )
        if self._closed:
            self._process.kill()
        try:
            answer, said = self._process.communicate(msgspec.json.encode(work), timeout=work.within_s + ENDS_S)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.communicate()
            raise problems.simulation_too_long() from error
        if self._process.returncode == -signal.SIGALRM:
            raise problems.simulation_too_long()
        if self._process.returncode != 0:
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            name = "".join(last).partition(":")[0]  # what follows may name anything
            logger().error("a simulation failed", exit_code=self._process.returncode, error=name)
            raise RuntimeError("a simulation failed")
        found = msgspec.json.decode(answer, type=Found)
        refusal = None if found.refused is None else _REFUSALS[found.refused]()
        if refusal is not None:
            raise refusal
        return found

    def close(self) -> None:
        """End the simulation that runs, and let none begin."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()  # one that has ended by now is let be


_REFUSALS: Final[dict[str, Callable[[], Problem]]] = {
    "simulation_running": problems.simulation_running,
    "simulation_too_long": problems.simulation_too_long,
    "simulation_past_unreadable": problems.simulation_past_unreadable,
    "quota_exceeds_nation": partial(refused, "quota_exceeds_nation"),
}
