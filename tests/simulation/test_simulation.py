"""The simulation: no seed breaks a promise, and every protection that is switched off is missed by the oracle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.processes import PROTECTIONS
from simulation.shrinking import fails, shortest
from simulation.town import Town

ALWAYS = range(1, 201)
LONG = range(1_000, 21_000)
WITHIN_SEEDS = 60


def run(seeds: range) -> None:
    for seed in seeds:
        Town(seed).run()  # raises with the seed, and how to see it again


def test_no_seed_of_the_simulation_breaks_a_promise(request: pytest.FixtureRequest) -> None:
    one = request.config.getoption("--simulation-seed")
    run(ALWAYS if one is None else range(one, one + 1))


@pytest.mark.long
def test_no_seed_of_twenty_thousand_breaks_a_promise() -> None:
    run(LONG)


@pytest.mark.parametrize("protection", sorted(PROTECTIONS))
def test_the_simulation_misses(protection: str) -> None:
    without = frozenset({protection})
    found = next((seed for seed in range(1, WITHIN_SEEDS + 1) if fails(seed, 800, without)), None)
    assert found is not None, f"{WITHIN_SEEDS} seeds, and nobody missed it"


def test_a_failing_seed_is_shortened_to_one_that_fails() -> None:
    without = frozenset({"repeat dropping"})
    steps = shortest(1, 800, without)
    assert steps < 800
    assert fails(1, steps, without)


def test_a_seed_does_the_same_in_every_process() -> None:
    def trace(hash_seed: str) -> list[str]:
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[1])}
        command = [sys.executable, "-m", "simulation", "--seed", "4711", "-v"]
        output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        return output.splitlines()[:-1]  # the last line tells the time it took

    one = trace("1")
    assert len(one) > 1_000
    assert one == trace("2")
