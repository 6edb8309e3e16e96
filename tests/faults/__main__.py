"""`python -m faults --rounds 200 --seed 1 --report faults.json`: a campaign, with a bar; status 1 for a violation."""

import argparse
import sys
from pathlib import Path
from random import SystemRandom

from padan_runtime import logs as structured_logs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from faults import campaign, report
from faults.traffic import LARGEST_ROUND


def main() -> None:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, help="the same seed draws the same faults and people; random when left out")
    parser.add_argument("--report", type=Path, help="where to write the report as JSON")
    parser.add_argument("--only", default="", help="kinds of faults, separated by commas")
    wanted = parser.parse_args()
    if not 1 <= wanted.rounds <= LARGEST_ROUND:
        parser.error(f"between 1 and {LARGEST_ROUND} rounds: the numbers of invented people end there")
    seed = SystemRandom().randrange(1, 100_000) if wanted.seed is None else wanted.seed
    structured_logs.configure("faults", "error")
    console = Console()
    console.print(f"Seed {seed}, {wanted.rounds} rounds.")
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task("", total=wanted.rounds)
        result = campaign.run(
            seed,
            wanted.rounds,
            only=frozenset(filter(None, wanted.only.split(","))),
            say=lambda text: bars.update(bar, description=text) if console.is_terminal else print(text, flush=True),
            finished=lambda: bars.advance(bar),
        )
    report.show(result, console)
    if wanted.report is not None:
        report.write(result, wanted.report)
    sys.exit(1 if result.violation else 0)


if __name__ == "__main__":
    main()
