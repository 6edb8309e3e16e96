"""idle_cpu and idle_rss: what the whole platform takes while nobody asks anything of it."""

import os
import time
from pathlib import Path

from padan_cli.platform import Platform
from padan_cli.platform.components import COMPONENTS

from bench.measure import Measure, say

SETTLE_S, WATCH_S = 20.0, 30.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> set[int]:
    found = {pid}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found |= _children(int(child))
    return found


def _processes(platform: Platform) -> dict[str, set[int]]:
    """By component its process and those below it: PostgreSQL is a family of them."""
    pids = {name: platform.pid(name) for name in COMPONENTS}
    return {name: _children(pid) for name, pid in pids.items() if pid is not None}


def _cpu_s(pids: set[int]) -> float:
    spent = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue  # a server process that ended meanwhile; what it spent is not counted
        spent += int(fields[11]) + int(fields[12])
    return spent / _TICKS_PER_S


def _pss_mb(pids: set[int]) -> float:
    """Memory with each shared page counted once among those that share it: PostgreSQL's processes share much."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total * 1024 / 1e6


def idle(platform: Platform) -> list[Measure]:
    """Percent of one core over half a minute and MB of memory, all processes together and each by itself."""
    platform.up(progress=lambda name, state: say(f"{name}: {state}"))
    time.sleep(SETTLE_S)  # starting is not idling
    processes = _processes(platform)
    before, begun = {name: _cpu_s(pids) for name, pids in processes.items()}, time.monotonic()
    time.sleep(WATCH_S)
    seconds = time.monotonic() - begun
    percent = {name: 100 * (_cpu_s(pids) - before[name]) / seconds for name, pids in processes.items()}
    memory = {name: _pss_mb(pids) for name, pids in processes.items()}
    for name in processes:
        say(f"idle {name}: {percent[name]:.2f} % of a core, {memory[name]:.0f} MB")
    return [Measure("idle_cpu", sum(percent.values()), "% of a core"), Measure("idle_rss", sum(memory.values()), "MB")]
