"""`python -m simulation --seed 4711 -v` shows one seed, `--seeds 20000` looks for one that fails."""

import argparse
import sys
import time

from simulation.processes import PROTECTIONS
from simulation.shrinking import shortest
from simulation.town import Town, ViolationError


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed, or the only one")
    parser.add_argument("--seeds", type=int, default=1, help="how many, one after the other")
    parser.add_argument("--steps", type=int, default=1_200, help="steps of chaos before the calm")
    parser.add_argument("--without", action="append", default=[], choices=sorted(PROTECTIONS), help="switch one off")
    parser.add_argument("-v", "--verbose", action="store_true", help="print what every process did")
    wanted = parser.parse_args()
    without = frozenset(wanted.without)
    begun = time.monotonic()
    for seed in range(wanted.seed, wanted.seed + wanted.seeds):
        town = Town(seed, without=without)
        try:
            town.run(wanted.steps)
        except ViolationError as error:
            steps = wanted.steps if wanted.seeds == 1 else shortest(seed, wanted.steps, without)
            if steps != wanted.steps:
                print(f"seed {seed} fails within {wanted.steps} steps, and already within {steps}:", file=sys.stderr)
                town, error = _again(seed, steps, without) or (town, error)
            print("\n".join(town.world.trace if wanted.verbose else town.world.trace[-40:]))
            sys.exit(f"seed {seed}: {error}")
        if wanted.verbose:
            print("\n".join(town.world.trace))
    seconds = time.monotonic() - begun
    print(f"{wanted.seeds} seeds from {wanted.seed}, no violation, {seconds:.1f} s")


def _again(seed: int, steps: int, without: frozenset[str]) -> tuple[Town, ViolationError] | None:
    town = Town(seed, without=without)
    try:
        town.run(steps)
    except ViolationError as error:
        return town, error
    return None


if __name__ == "__main__":
    main()
