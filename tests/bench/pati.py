"""pati_batch: the whole way of 39,760 rows, from the XLSX to the last view, all servers on this machine."""

from pathlib import Path

from padan_cli.demo.journey import READERS, Journey, travel
from padan_cli.ingest import Gateway
from padan_cli.platform import Platform
from padan_cli.tokens import issue
from padan_simulators import pati

from bench.measure import Measure, say

_PROCESSES = ("registry-ingest", "household", "eligibility", "gateway", "kafka")


def peak_rss_mb(pid: int) -> float:
    """The most memory a process ever held (VmHWM), in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(f"no VmHWM for process {pid}")


def pati_batch(platform: Platform) -> list[Measure]:
    """Seconds from the upload to the last view (the ranking apart), by stage, and each process's peak memory."""
    instance = platform.instance
    say("inventing 39,760 recipients ...")
    batch = pati.generate(folder=instance.folder / "data")
    platform.up(progress=lambda name, state: say(f"{name}: {state}"))
    token = issue(instance, role="social_office", region="3318", subject="bench")
    with Gateway(platform.url("gateway"), token) as gateway:
        travel(gateway, batch.base)
        say("the Pati batch ...")
        journey = travel(gateway, batch.registration)
    if journey.batch["valid"] != batch.expected.valid:
        raise RuntimeError(
            f"{journey.batch['valid']} valid rows, not {batch.expected.valid}: a wrong result has no time"
        )
    return [Measure("pati_batch", journey.seconds, "s"), *_stages(journey), *_memory(platform)]


def _stages(journey: Journey) -> list[Measure]:
    stages = [Measure(f"pati_batch_{s['stage']}", s["seconds"], "s") for s in journey.batch["stages"]]
    reached = [
        Measure(f"pati_batch_until_{reader.replace('.', '_').replace('-', '_')}", journey.reached[reader], "s")
        for reader in READERS
        if reader in journey.reached
    ]
    return stages + reached


def _memory(platform: Platform) -> list[Measure]:
    pids = {name: platform.pid(name) for name in _PROCESSES}
    return [
        Measure(f"peak_rss_{name.replace('-', '_')}", peak_rss_mb(pid), "MB")
        for name, pid in pids.items()
        if pid is not None
    ]
