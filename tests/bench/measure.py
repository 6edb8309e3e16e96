"""What a measure is, and how it is printed."""

import json
import sys
from collections.abc import Callable
from statistics import median

import msgspec
from padan_cli.platform import Platform


class Measure(msgspec.Struct, frozen=True):
    """One figure. `ratio` is value / baseline, both taken in the same run; None where there is no baseline."""

    name: str
    value: float
    unit: str
    baseline: float | None = None

    def print(self) -> None:
        """One JSON line on standard output."""
        ratio = None if self.baseline is None else round(self.value / self.baseline, 3)
        line = {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "baseline": None if self.baseline is None else round(self.baseline, 3),
            "ratio": ratio,
        }
        print(json.dumps(line), flush=True)


Bench = Callable[[Platform], list[Measure]]


def say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


def interleaved(ours: Callable[[], float], baseline: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Run both in turn `repeats` times after one warm-up of each; the medians of what they answer.

    In turn, because two shared cores drift: a ratio of neighbours holds where single figures do not.
    """
    ours(), baseline()
    pairs = [(ours(), baseline()) for _ in range(repeats)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
