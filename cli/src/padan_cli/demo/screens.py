"""What the demo prints."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from padan_events import type_of
from padan_events.places import AllocationRoundClosed, PlaceFact, PlaceReleased, Promoted
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from padan_cli.demo.feed import LedgerFact, Outcomes
from padan_cli.demo.journey import READERS, Journey, Step
from padan_cli.demo.placing import Placed

OUTCOMES = {"entitled": "green", "not_entitled": "red", "undetermined": "yellow"}


class Bars:
    """Bars of one file under way: its stages in registry-ingest, then each reader behind it."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._file = progress.add_task(f"{title}: sending", total=None)
        self._title = title
        self._readers: dict[str, TaskID] = {}
        self._most = dict.fromkeys(READERS, 0)

    def show(self, step: Step) -> None:
        """Move the bars to what `step` says."""
        stage = step.batch["progress"]
        self._progress.update(
            self._file,
            description=f"{self._title}: {stage['stage'] or step.batch['state']}",
            completed=stage["done"],
            total=stage["total"] or None,
        )
        for reader, lag in step.behind.readers.items():
            if lag is None:
                continue
            self._most[reader] = max(self._most[reader], lag)
            if self._most[reader] and reader not in self._readers:
                self._readers[reader] = self._progress.add_task(f"  {READERS[reader]}", total=None)
            if reader in self._readers:
                most = self._most[reader]
                self._progress.update(self._readers[reader], completed=most - lag, total=most)

    def arrived(self, batch: dict[str, Any]) -> None:
        """Fill every bar."""
        rows = batch["rows"] or 1
        self._progress.update(self._file, description=f"{self._title}: {batch['state']}", completed=rows, total=rows)
        for reader, task in self._readers.items():
            self._progress.update(task, completed=self._most[reader], total=self._most[reader])


@contextmanager
def bars(console: Console, title: str) -> Iterator[Bars]:
    """Bars while a file is under way."""
    columns = (TextColumn("{task.description:<46}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, refresh_per_second=8) as progress:
        yield Bars(progress, title)


def times(console: Console, journey: Journey) -> None:
    """Where the time went, stage by stage, and when each reader had read the last of it."""
    table = Table("stage", title="Time, from the upload to the last view", title_justify="left", box=None)
    table.add_column("seconds", justify="right")
    table.add_column("reached after", justify="right")
    total = 0.0
    for stage in journey.batch["stages"]:
        total += stage["seconds"]
        table.add_row(f"registry-ingest: {stage['stage']}", f"{stage['seconds']:.1f}", f"{total:.1f} s")
    for name, at in sorted(journey.reached.items(), key=lambda item: item[1]):
        if name != "received":
            table.add_row(READERS.get(name, name), "", f"{at:.1f} s")
    table.add_row("[bold]last view[/]", "", f"[bold]{journey.seconds:.1f} s[/]")
    console.print(table)


def ranking_effect(console: Console, before: Outcomes, after: Outcomes, changed: int) -> None:
    """How the ranking changed the decisions, as read from Kafka."""
    table = Table(
        "programme",
        "outcome",
        title=f"Decisions on Kafka, before and after the ranking ({changed:,} changed)",
        title_justify="left",
        box=None,
    )
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    for programme in sorted(after):
        for outcome, style in OUTCOMES.items():
            table.add_row(
                programme,
                f"[{style}]{outcome}[/]",
                f"{before.get(programme, Counter())[outcome]:,}",
                f"{after[programme][outcome]:,}",
            )
    console.print(table)


def family(console: Console, household: dict[str, Any], decisions: list[dict[str, Any]]) -> None:
    """One family, with why each decision fell, in both languages; names and numbers are masked."""
    place = household["place"]
    # The village is part of the address and masked like it.
    where = ", ".join(place[tier]["name"] for tier in ("village", "district") if place[tier] is not None)
    lines = [
        f"[bold]{household['caretaker_name']}[/] · {household['member_count']} members · {where} · "
        f"decile {household['decile']} · {household['state']}"
    ]
    for decision in decisions:
        style = OUTCOMES[decision["outcome"]]
        amount = f" · Rp{decision['annual_idr']:,} a year" if decision["annual_idr"] else ""
        lines.append(f"\n[{style}]{decision['programme']}: {decision['outcome']}[/]{amount}")
        explanation = decision["explanation"]
        lines += [f"  {explanation['summary_id']}", f"  [dim]{explanation['summary_en']}[/]"]
        if (change := explanation["smallest_change"]) is not None:
            lines += [f"  {change['text_id']}", f"  [dim]{change['text_en']}[/]"]
        for criterion in explanation["criteria"]:
            mark = {True: "[green]v[/]", False: "[red]x[/]", None: "[yellow]?[/]"}[criterion["holds"]]
            lines += [f"    {mark} {criterion['text_id']}", f"      [dim]{criterion['text_en']}[/]"]
    console.print(Panel("\n".join(lines), title="One family, explained", title_align="left", padding=(1, 2)))


def places(console: Console, placed: Placed, chain: Sequence[tuple[UUID, LedgerFact]]) -> None:
    """Who holds a place and who waits, and why, around a resignation; and the ledger's events, each with its cause."""
    names = {family.household_id: f"[bold]{family.name}[/]" for family in placed.families}
    table = Table(
        "family",
        title=f"Places in {placed.families[0].before['programme']}, Kabupaten Pati: quota {placed.quota}, "
        f"{len(names)} families determined",
        title_justify="left",
        box=None,
    )
    table.add_column("decile", justify="right")
    table.add_column("of 9 criteria", justify="right")
    for column in ("place", "after one resigned"):
        table.add_column(column)
    for family in placed.by_rank:
        decile, met = str(family.before["decile"]), str(family.before["criteria_met"])
        table.add_row(names[family.household_id], decile, met, _place(family.before), _place(family.after))
    console.print(table)
    waits = next(family for family in placed.by_rank if family.before["status"] == "waiting")
    console.print(f"  {names[waits.household_id]}: {waits.before['text_id']}\n  [dim]{waits.before['text_en']}[/]\n")
    numbers = {event_id: fact.ledger_seq for event_id, fact in chain}
    ledger = Table(title="The same on Kafka: the ledger's events", title_justify="left", box=None)
    ledger.add_column("no.", justify="right")
    for column in ("event", "family", "because of"):
        ledger.add_column(column)
    for _, fact in chain:
        whose = names.get(str(fact.household_id), "") if isinstance(fact, PlaceFact) else ""
        match fact:
            case Promoted():
                cause = f"no. {numbers[fact.because_of]}"
            case PlaceReleased():
                cause = fact.reason.value
            case AllocationRoundClosed():
                cause = f"round {fact.round}: quota {fact.quota}, {fact.places} places, {fact.waiting} wait"
            case _:
                cause = ""
        kind = type_of(fact).name.split(".")[3]
        ledger.add_row(str(fact.ledger_seq), kind, whose, cause)
    console.print(ledger)


def _place(told: dict[str, Any]) -> str:
    match told["status"]:
        case "held":
            return "[green]holds a place[/]"
        case "waiting":
            return f"[yellow]waits: {told['rank']} of {told['on_the_list']}[/]"
        case _:
            return f"[red]ended: {told['reason']}[/]"


def next_steps(console: Console, commands: list[tuple[str, str]], addresses: list[tuple[str, str]]) -> None:
    """Addresses, and commands that work when pasted."""
    console.rule("What to try next", align="left")
    for name, address in addresses:
        console.print(f"  {name:<16} {address}", soft_wrap=True)
    console.print()
    for title, command in commands:
        # Wider than any terminal: a command, or its comment, that was broken into lines does not survive pasting.
        console.print(f"[dim]# {title}[/]", soft_wrap=True)
        console.print(command, soft_wrap=True, markup=False)
        console.print()
