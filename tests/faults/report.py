"""What a campaign found: as JSON for machines and as a page for people."""

import statistics
from collections import Counter, defaultdict
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from faults.campaign import Campaign
from faults.cases import COMMANDS


def write(campaign: Campaign, file: Path) -> None:
    """The whole campaign as JSON: each round with its faults, times and counts."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(campaign), indent=1))


def show(campaign: Campaign, console: Console) -> None:
    """The page."""
    rounds, took = campaign.rounds, campaign.took_s
    verdict = "[red]a violation[/]" if campaign.violation else "[green]no violation[/]"
    console.print(f"\nSeed {campaign.seed}: {len(rounds)} rounds in {took / 60:.1f} min, {verdict}.")
    if campaign.violation:
        last = rounds[-1]
        console.print(f"  In round {last.number}, with {'; '.join(str(done.fault) for done in last.faults)}:")
        console.print(f"  {campaign.violation}", style="red", markup=False)
        console.print(f"  What the processes left lies in {campaign.folder}", markup=False)
    console.print(_of_kinds(campaign))
    ways = Counter[str]()
    for each in rounds:
        ways.update(each.ways)
    tries, sent = sum(each.tries for each in rounds), sum(each.sent - 1 for each in rounds)
    given = sum(number for way, number in ways.items() if way.removesuffix(" refused") in COMMANDS)
    console.print(f"Files and lists sent: {sent}, commands: {given:,}; with {tries:,} requests. By way:")
    console.print("  " + ", ".join(_counted(ways)))
    console.print("Events, each once in the store, on Kafka and in every view:")
    console.print("  " + ", ".join(f"{count:,} {type_}" for type_, count in sorted(campaign.types.items())))
    console.print(
        f"Records on Kafka that were repeats: {campaign.repeats:,}; that came before what precedes them, and again "
        f"behind it: {campaign.early:,}."
    )
    parked = sum(each.parked for each in rounds)
    console.print(
        f"Records no reader could handle, parked by each reader of their topic: {parked:,}, and then dropped."
    )
    restarts = ", ".join(f"{name} {count}" for name, count in campaign.restarts.items() if count)
    console.print(f"Restarts since the last start of the supervisor: {restarts or 'none'}.")
    if rounds:
        console.print(f"A round took {statistics.median(each.took_s for each in rounds):.1f} s (median).")
    for reason in campaign.left_out:
        console.print(f"Left out: {reason}.")


def _counted(counts: Counter[str]) -> list[str]:
    return [f"{name} {count:,}" for name, count in sorted(counts.items())]


def _of_kinds(campaign: Campaign) -> Table:
    table = Table("fault", "drawn", "happened", "rest after, median", "rest after, longest", title=None)
    drawn: Counter[str] = Counter()
    happened: Counter[str] = Counter()
    recovery: defaultdict[str, list[float]] = defaultdict(list)
    for each in campaign.rounds:
        for done in each.faults:
            drawn[done.fault.kind] += 1
            happened[done.fault.kind] += done.happened
        for kind in {done.fault.kind for done in each.faults if done.happened}:
            recovery[kind].append(each.recovery_s)
    for kind, count in drawn.most_common():
        times = recovery[kind] or [0.0]
        row = (kind, count, happened[kind], f"{statistics.median(times):.1f} s", f"{max(times):.1f} s")
        table.add_row(*map(str, row))
    table.caption = "rest after: from the end of the round's last fault until every reader had read all there is"
    return table
