"""Rounds: send files and commands, do faults meanwhile, wait until everything rests, ask the oracle."""

import contextlib
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx
import msgspec
import psycopg
from aiokafka.errors import KafkaError
from oracle import check_everything, come_to_rest, wait_until
from oracle import parked as set_aside
from padan_cli.platform import Instance, Platform, PlatformError
from padan_cli.platform.instance import DATABASES, project_root

from faults import disk
from faults.asking import NO_AUTHORITIES
from faults.deaths import feed_is_read
from faults.following import Following, check_rankings
from faults.kinds import Fault, Kind, draw, kinds, left_out
from faults.lines import draw as draw_lines
from faults.parked import ParkedOracle
from faults.proxy import Network
from faults.stage import Stage
from faults.traffic import Sending, Traffic

_REST_WITHIN_S = 420.0
_ALL_EACH_ROUNDS = 25
_ROWS_AT_ONCE = 40
"""Few, so that there are many moments between two pieces of a batch's work."""
Say = Callable[[str], None]


class Done(msgspec.Struct):
    """A fault as it happened: `happened` is False where its process was not running, `error` is of the fault itself."""

    fault: Fault
    happened: bool = False
    error: str = ""


class Round(msgspec.Struct):
    """One round. `recovery_s` runs from the last fault's end until everything rested."""

    number: int
    faults: list[Done]
    sent: int
    ways: dict[str, int] = msgspec.field(default_factory=dict)
    tries: int = 0
    events: int = 0
    parked: int = 0
    dropped: int = 0
    took_s: float = 0.0
    recovery_s: float = 0.0
    violation: str = ""


class Campaign(msgspec.Struct):
    """All of it. `violation` is empty where nothing was found."""

    seed: int
    rounds: list[Round]
    left_out: list[str]
    types: dict[str, int] = msgspec.field(default_factory=dict)
    repeats: int = 0
    early: int = 0
    restarts: dict[str, int] = msgspec.field(default_factory=dict)
    took_s: float = 0.0
    violation: str = ""
    folder: str = ""


def run(
    seed: int, rounds: int, *, only: frozenset[str] = frozenset(), say: Say, finished: Callable[[], None]
) -> Campaign:
    """Run a campaign on a platform of its own, which is removed where nothing was found.

    `say` is told what is going on, `finished` is called after each round.
    """
    begun = time.monotonic()
    folder = project_root() / ".padan" / f"faults-{seed}"
    _remove(folder)
    platform = Platform(Instance(folder, secure_kafka=True), bound=True)
    platform.instance.configure("registry-ingest", PADAN_ROWS_AT_ONCE=str(_ROWS_AT_ONCE))
    small = disk.mount(folder / "postgres")
    campaign = Campaign(seed, [], left_out(small_disk=small), folder=str(folder))
    with _removed_unless(campaign), _on_stage(platform, small=small) as stage:
        say("starting the platform")
        stage.bring_up()
        known = kinds(stage.lines, small_disk=small)
        known = {name: kind for name, kind in known.items() if not only or name in only}
        following = Following(platform)
        traffic = Traffic(platform, folder / "files", seed)
        try:
            with contextlib.suppress(KeyboardInterrupt):  # what was found until then is reported
                for number in range(1, rounds + 1):
                    each = _one_round(stage, traffic, following, known, number, seed, say)
                    campaign.rounds.append(each)
                    campaign.violation = each.violation
                    if not campaign.violation and (number % _ALL_EACH_ROUNDS == 0 or number == rounds):
                        say("everything is compared with everything")
                        campaign.violation = _violation_of(lambda: _same_types(platform, following))
                    finished()
                    if campaign.violation:
                        break
        finally:
            campaign.types, campaign.repeats, campaign.early = dict(following.types), following.repeats, following.early
            campaign.restarts = {name: int(each["restarts"]) for name, each in platform.processes().items()}
            campaign.took_s = time.monotonic() - begun
    return campaign


@contextlib.contextmanager
def _on_stage(platform: Platform, *, small: bool) -> Iterator[Stage]:
    network = Network()
    stage = Stage(platform, network, draw_lines(platform.instance, network), None)
    if small:
        stage.disk = platform.instance.folder / "postgres"
    try:
        yield stage
    finally:
        stage.over.set()
        platform.down()
        network.close()


@contextlib.contextmanager
def _removed_unless(campaign: Campaign) -> Iterator[None]:
    """What a violation left is kept to be looked at."""
    try:
        yield
    finally:
        if not campaign.violation:
            _remove(Path(campaign.folder))


def _remove(folder: Path) -> None:
    if folder.exists():
        Platform(Instance(folder)).down()
        disk.unmount(folder / "postgres")
        shutil.rmtree(folder)


def _one_round(
    stage: Stage,
    traffic: Traffic,
    following: Following,
    known: dict[str, Kind],
    number: int,
    seed: int,
    say: Say,
) -> Round:
    random = Random(f"{seed}:{number}")
    begun = time.monotonic()
    if stage.disk is not None:
        disk.make_room(stage.disk)
    faults = [Done(fault) for fault in draw(known, random)]
    say(f"round {number}: " + "; ".join(str(each.fault) for each in faults))
    sendings = traffic.prepare(number, random)
    pauses = [random.uniform(0.0, 1.5) for _ in sendings[:-1]]
    outcome = Round(number, faults, len(sendings))
    outcome.violation = _violation_of(lambda: _under_fire(stage, traffic, known, outcome, sendings, pauses), tries=1)
    if not outcome.violation:
        outcome.violation = _violation_of(lambda: _look(stage, traffic, following, outcome, sendings))
    outcome.took_s = time.monotonic() - begun
    outcome.tries = sum(sending.tries.count for sending in sendings)
    outcome.ways = dict(Counter(way for sending in sendings for way in sending.ways))
    return outcome


def _under_fire(
    stage: Stage,
    traffic: Traffic,
    known: dict[str, Kind],
    outcome: Round,
    sendings: Sequence[Sending],
    pauses: list[float],
) -> None:
    begun = time.monotonic()

    def happen(done: Done) -> None:
        stage.wait(max(0.0, begun + done.fault.begins_s - time.monotonic()))
        try:
            done.happened = known[done.fault.kind].happen(stage, done.fault)
        except (PlatformError, OSError, AssertionError) as error:
            done.error = f"{type(error).__name__}: {error}"

    threads = [threading.Thread(target=happen, args=(done,), daemon=True) for done in outcome.faults]
    for thread in threads:
        thread.start()
    *files, commands = sendings
    try:
        with ThreadPoolExecutor(1) as beside:
            giving = beside.submit(traffic.send, commands)
            for sending, pause_s in zip(files, pauses, strict=True):
                stage.wait(pause_s)
                traffic.send(sending)
            giving.result()
    finally:
        for thread in threads:
            thread.join()
    healed = time.monotonic()
    for done in outcome.faults:
        assert not done.error, f"{done.fault}: {done.error}"
    stage.bring_up()
    wait_until(lambda: feed_is_read(stage.platform), "the civil registry's feed is read", _REST_WITHIN_S)
    come_to_rest(stage.platform, _REST_WITHIN_S)
    outcome.recovery_s = time.monotonic() - healed


def _look(stage: Stage, traffic: Traffic, following: Following, outcome: Round, sendings: Sequence[Sending]) -> None:
    parked = ParkedOracle(stage.platform)
    parked.settle(_REST_WITHIN_S)
    outcome.events = following.check()
    traffic.check(sendings)
    outcome.parked = parked.check(following.strays, following.unknown)
    # Done by the readers when they can, so in the middle of the next round's faults.
    outcome.dropped = parked.drop_all()
    stopped = _stopped(stage.platform)
    assert not stopped, f"shards were stopped: {stopped}"


def _stopped(platform: Platform) -> list[str]:
    """The shards that readers stopped at, as the metrics of the services tell."""
    lines = [
        f"{service}: {line}"
        for service in DATABASES
        for line in httpx.get(
            f"{platform.url(service)}/metrics", timeout=10, trust_env=False, verify=NO_AUTHORITIES
        ).text.splitlines()
        if line.startswith("padan_reader_stopped_shards{")
    ]
    return [line for line in lines if float(line.rpartition(" ")[2]) > 0]


def _same_types(platform: Platform, following: Following) -> None:
    check_rankings(platform)
    every = check_everything(platform, set_aside=set_aside(platform))
    assert every == following.types, "the rounds saw other events than there are"


def _violation_of(look: Callable[[], None], tries: int = 3) -> str:
    """What an oracle says; it is asked again where a server went away under it (a broker that is just settling)."""
    for following in range(tries - 1, -1, -1):
        try:
            look()
        except AssertionError as error:
            return str(error) or "an assertion without words"
        except PlatformError as error:
            return f"the platform did not come back: {error}"
        except (psycopg.OperationalError, httpx.TransportError, KafkaError, OSError) as error:
            if not following:
                return f"the oracle could not look: {type(error).__name__}: {error}"
            time.sleep(1.0)
        else:
            break
    return ""
