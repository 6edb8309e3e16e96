"""The demo itself."""

import shutil
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from padan_events.access import INTEGRATOR
from padan_simulators import pati
from rich.console import Console

from padan_cli.demo import feed, screens
from padan_cli.demo.journey import Journey, travel
from padan_cli.demo.placing import FAMILIES, PROGRAMME, candidates, give_places, is_entitled
from padan_cli.demo.verdict import Story, faults
from padan_cli.ingest import Gateway
from padan_cli.platform import Instance, Platform, PlatformError
from padan_cli.platform.credentials import TOOLS_FILE
from padan_cli.platform.instance import project_root
from padan_cli.story.teller import StoryError
from padan_cli.tokens import issue
from padan_cli.validity_report import print_report

INSTANCE = "demo"
ROLE, REGION = "social_office", "3318"
_LOOKED_AT = 60


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(rich_help_panel="Working with it")(demo)


def demo(
    rows: Annotated[int, typer.Option(min=60, max=200_000, help="Recipients in the batch.")] = pati.FULL_SIZE,
    once: Annotated[
        bool, typer.Option("--once", help="End after the last view; fail where a figure is wrong.")
    ] = False,
) -> None:
    """Start everything afresh, load an invented batch of Pati regency, and follow it to the last view."""
    console = Console(highlight=False)
    platform = _fresh_platform()
    try:
        try:
            wrong = _play(console, platform, rows, stays=not once)
        except StoryError as error:
            wrong = [str(error)]
        for fault in wrong:
            console.print(f"[red]wrong:[/] {fault}", markup=True)
        if not once:
            console.rule("Everything stays up until Ctrl-C", align="left")
            _until_interrupted()
    finally:
        with console.status("stopping in order ..."):
            platform.down()
        console.print("stopped; the data stays in .padan/demo until the next demo")
        if once:
            console.print("without ONCE=1 (--once) everything stays up, and you are told what to try next")
    if wrong:
        raise typer.Exit(1)


def _fresh_platform() -> Platform:
    """An instance without data: the figures of the demo are those of a register that begins empty."""
    folder = project_root() / ".padan" / INSTANCE
    if folder.exists():
        old = Platform(Instance(folder))
        if old.is_up():
            raise PlatformError(
                "demo_running",
                "Demo sedang berjalan: hentikan dengan Ctrl-C di sana, atau `padan down --instance demo`.",
                "A demo is running: end it with Ctrl-C there, or with `padan down --instance demo`.",
            )
        old.down()
        shutil.rmtree(folder)
    return Platform(Instance(folder, secure_kafka=True), bound=True)


def _play(console: Console, platform: Platform, rows: int, *, stays: bool) -> list[str]:
    instance = platform.instance
    with console.status(f"inventing {rows:,} recipients and their families ..."):
        batch = pati.generate(rows, folder=instance.folder / "data")
    with console.status("starting Kafka, PostgreSQL and the services ...") as status:
        platform.up(progress=lambda name, state: status.update(f"{name}: {state}"))
    token = issue(instance, role=ROLE, region=REGION, subject="demo")
    with Gateway(platform.url("gateway"), token) as gateway:
        base = _load(console, gateway, batch.base, "earlier register")
        journey = _load(console, gateway, batch.registration, "Pati batch")
        console.print()
        print_report(journey.batch, console)
        screens.times(console, journey)
        integrator = instance.kafka_client(INTEGRATOR)
        earlier = feed.read_decisions(integrator)
        ranking = _load(console, gateway, batch.ranking, "ranking")
        later = feed.read_decisions(integrator)
        changed = sum(earlier.get(key) != outcome for key, outcome in later.items())
        before, after = feed.by_programme(earlier), feed.by_programme(later)
        screens.ranking_effect(console, before, after, changed)
        seen = list(candidates(gateway, REGION, _LOOKED_AT))
        household, decisions = _telling_family(seen)
        screens.family(console, household, decisions)
        entitled = [one["household_id"] for one, its in seen if is_entitled(its)][:FAMILIES]
        placed = give_places(console, platform, gateway, REGION, entitled)
        chain = feed.read_places(integrator, PROGRAMME, REGION)
        screens.places(console, placed, chain)
    if stays:
        _show_next_steps(console, platform, batch, household["household_id"], journey.batch["upload_id"])
    return faults(Story(batch, base, journey, ranking, before, after, changed, placed, chain))


def _load(console: Console, gateway: Gateway, file: Path, title: str) -> Journey:
    with screens.bars(console, title) as bars:
        journey = travel(gateway, file, look=bars.show)
        bars.arrived(journey.batch)
    return journey


def _telling_family(
    seen: Sequence[tuple[dict[str, Any], list[dict[str, Any]]]],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A family that shows most: entitled to most programmes, with the most components to tell; the first of these."""
    return max(
        seen,
        key=lambda one: (
            sum(decision["outcome"] == "entitled" for decision in one[1]),
            sum(len(decision["explanation"]["components"]) for decision in one[1]),
        ),
    )


def _show_next_steps(
    console: Console, platform: Platform, batch: pati.PatiBatch, household_id: str, upload_id: str
) -> None:
    gateway, root = platform.url("gateway"), project_root()
    bin_, data = ".venv/bin", platform.instance.folder.relative_to(root) / "data"
    ranked = pl.read_csv(batch.ranking, infer_schema=False, n_rows=1)
    jars = platform.instance.servers.relative_to(root) / "kafka"
    login = (platform.instance.secrets / INTEGRATOR / TOOLS_FILE).relative_to(root)
    auth = '-H "Authorization: Bearer $PADAN_TOKEN"'
    screens.next_steps(
        console,
        [
            (
                "a token of the social office of Pati (paste this first)",
                f"export PADAN_TOKEN=$({bin_}/padan token --role {ROLE} --region {REGION} --instance {INSTANCE})",
            ),
            (
                "the family above; names and numbers are masked",
                f"curl -s {auth} {gateway}/v1/households/{household_id}",
            ),
            (
                "why, in words; stating a purpose opens it, and the read is logged",
                f'curl -s {auth} -H "Padan-Purpose: verification" {gateway}/v1/households/{household_id}/eligibility',
            ),
            (
                "find a person by NIK (invented; in the body, never in an address)",
                f"curl -s {auth} -H 'Content-Type: application/json' -d '{{\"nik\": \"{ranked['NIK'][0]}\"}}' "
                f"{gateway}/v1/persons:lookup",
            ),
            (
                "the rejected rows as a spreadsheet, ready to correct and send again",
                f'curl -s {auth} -H "Padan-Purpose: correction" -o rejected.xlsx '
                f"{gateway}/v1/batches/{upload_id}/rejected.xlsx",
            ),
            (
                "send the same file again: nothing changes",
                f"{bin_}/padan ingest {data}/pati.xlsx --instance {INSTANCE}",
            ),
            (
                "Kafka's own console consumer, logged in as an integrator: CloudEvents, and no name anywhere",
                f'java -cp "{jars}/*" org.apache.kafka.tools.consumer.ConsoleConsumer '
                f"--bootstrap-server {platform.kafka} --command-config {login} "
                "--topic household.events.v1 --from-beginning --max-messages 1 "
                "--formatter-property print.headers=true --formatter-property print.key=true",
            ),
        ],
        [
            ("gateway", f"{gateway}/  (OpenAPI: {gateway}/openapi.json)"),
            ("processes", f"{bin_}/padan status --instance {INSTANCE}"),
            ("logs", f"{bin_}/padan logs household --instance {INSTANCE}"),
        ],
    )


def _until_interrupted() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
