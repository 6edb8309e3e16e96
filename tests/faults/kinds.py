"""The kinds of faults, and the drawing of them: which, where, when and for how long, from the seed alone."""

import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import httpx
import msgspec
from padan_cli.platform.components import COMPONENTS
from padan_cli.platform.instance import DATABASES, SIMULATORS

from faults import disk, poison
from faults.asking import NO_AUTHORITIES
from faults.proxy import Way
from faults.stage import Stage

SERVICES: Final = tuple(DATABASES)
PROCESSES: Final = (*COMPONENTS, "supervisor")
_LIBFAKETIME: Final = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


class Fault(msgspec.Struct, frozen=True):
    """One fault of a round: seconds after the round's begin, and how long it lasts where it lasts."""

    kind: str
    target: str
    begins_s: float
    lasts_s: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        lasting = f" for {self.lasts_s:.1f} s" if self.lasts_s else ""
        where = "" if self.kind.endswith(self.target) else f" {self.target}"
        return f"{self.kind}{where}{lasting}{' (' + self.detail + ')' if self.detail else ''}"


Happen = Callable[[Stage, Fault], bool]
"""Does a fault and heals it; False where it could not happen (the process was not running)."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of fault: how often it is drawn beside the others, what it may hit, how long it may last."""

    weight: int
    targets: tuple[str, ...]
    happen: Happen
    lasts_s: tuple[float, float] = (0.0, 0.0)
    details: tuple[str, ...] = ("",)


def _kill(stage: Stage, fault: Fault) -> bool:
    return stage.kill(fault.target)


def _kill_supervisor(stage: Stage, fault: Fault) -> bool:
    happened = stage.kill("supervisor")
    stage.wait(fault.lasts_s)  # meanwhile nobody starts anything again
    stage.bring_up()
    return happened


def _drain(stage: Stage, fault: Fault) -> bool:
    return stage.kill(fault.target, signal.SIGTERM)


def _freeze(stage: Stage, fault: Fault) -> bool:
    with stage.frozen(fault.target) as happened:
        stage.wait(fault.lasts_s)
    return happened


def _line(way: Way) -> Happen:
    def happen(stage: Stage, fault: Fault) -> bool:
        service, _, server = fault.target.partition(">")
        line = stage.lines[service, server]
        stage.network.do(line.become(way, delay_s=0.1))
        try:
            stage.wait(fault.lasts_s)
        finally:
            stage.network.do(line.forget() if fault.detail == "forgotten" else line.become(Way.OPEN))
        return True

    return happen


def _disk_full(stage: Stage, fault: Fault) -> bool:
    if stage.disk is None:
        return False
    with disk.filled(stage.disk):
        stage.wait(fault.lasts_s)
    return True


def _register_fails(stage: Stage, fault: Fault) -> bool:
    url = f"{stage.platform.url(fault.target)}/simulator/faults"
    ways = {"down": {"down": True}, "now and then": {"failure_rate": 0.3}, "slow": {"latency_ms": 700}}
    with suppress(httpx.HTTPError), httpx.Client(trust_env=False, verify=NO_AUTHORITIES, timeout=5) as http:
        http.post(url, json=ways[fault.detail])
        stage.wait(fault.lasts_s)
    while not stage.over.is_set():
        # It may have been killed or frozen meanwhile. Killed, it has forgotten its faults; so this is only for sure.
        with suppress(httpx.HTTPError), httpx.Client(trust_env=False, verify=NO_AUTHORITIES, timeout=5) as http:
            return http.post(url, json={}).is_success
        stage.wait(0.5)
    return True


def _poison(stage: Stage, fault: Fault) -> bool:
    return poison.plant(stage.platform, fault.target, fault.detail, Random(f"{fault}"))


def _clock_off(stage: Stage, fault: Fault) -> bool:
    """A service whose clock is an hour off; the clock that measures durations is right, as on a machine."""
    instance = stage.platform.instance
    wrong = {"LD_PRELOAD": _LIBFAKETIME, "FAKETIME": fault.detail, "DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
    instance.configure(fault.target, **wrong)
    try:
        happened = stage.kill(fault.target)
        stage.wait(fault.lasts_s)
    finally:
        instance.configure(fault.target, **dict.fromkeys(wrong, ""))
        stage.kill(fault.target)
    return happened


def kinds(lines: Iterable[tuple[str, str]], *, small_disk: bool) -> dict[str, Kind]:
    """The kinds that can happen here."""
    ways = tuple(sorted(f"{service}>{server}" for service, server in lines))
    # Services more often than servers: after kill -9 a broker reads its log for 15 s.
    processes = (*SERVICES, *SERVICES, *SERVICES, "postgres", "postgres", "kafka", *SIMULATORS)
    found = {
        "kill": Kind(6, processes, _kill),
        "kill supervisor": Kind(1, ("supervisor",), _kill_supervisor, (0.0, 3.0)),
        "drain": Kind(1, SERVICES, _drain),
        "freeze": Kind(4, (*processes, "supervisor"), _freeze, (1.0, 15.0)),
        "cut": Kind(2, ways, _line(Way.CUT), (0.5, 10.0)),
        "silence": Kind(3, ways, _line(Way.SILENT), (1.0, 20.0), ("delivered later", "forgotten")),
        "slow line": Kind(2, ways, _line(Way.SLOW), (3.0, 8.0)),
        "register fails": Kind(1, SIMULATORS, _register_fails, (2.0, 8.0), ("down", "now and then", "slow")),
        "poison": Kind(3, poison.TOPICS, _poison, details=poison.DETAILS),
    }
    if small_disk:
        found["disk full"] = Kind(2, ("postgres",), _disk_full, (1.0, 6.0))
    if Path(_LIBFAKETIME).exists():
        found["clock"] = Kind(1, SERVICES, _clock_off, (4.0, 8.0), ("+1h", "-1h"))
    return found


def left_out(*, small_disk: bool) -> list[str]:
    """What cannot happen on this machine, and why."""
    reasons = []
    if not small_disk:
        reasons.append("disk full: only root may mount a small file system")
    if not Path(_LIBFAKETIME).exists():
        reasons.append("clock an hour off: libfaketime is missing (Debian: `apt install faketime`)")
    return reasons


def draw(known: dict[str, Kind], random: Random) -> list[Fault]:
    """The faults of one round, one to three, by the time at which they begin."""
    faults = []
    for _ in range(random.choices((1, 2, 3), (5, 3, 2))[0]):
        name = random.choices(list(known), [kind.weight for kind in known.values()])[0]
        kind = known[name]
        faults.append(
            Fault(
                name,
                random.choice(kind.targets),
                round(random.uniform(0.0, 5.0), 2),
                round(random.uniform(*kind.lasts_s), 2),
                random.choice(kind.details),
            )
        )
    return sorted(faults, key=lambda fault: fault.begins_s)
