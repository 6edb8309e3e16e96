"""Command line of the generator: `python -m padan_simulators.pati --rows N --out FOLDER [--csv]`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from padan_simulators.pati import DEFAULT_SEED, FULL_SIZE, generate


def main() -> None:
    """Generate a batch and print, as JSON, where it is and what validation must find."""
    parser = argparse.ArgumentParser(prog="python -m padan_simulators.pati", description=__doc__)
    parser.add_argument("--rows", type=int, default=FULL_SIZE, help="recipients (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default: %(default)s")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--csv", action="store_true", help="write CSV pairs beside the workbooks")
    arguments = parser.parse_args()
    if arguments.rows < 1:
        parser.error("--rows must be at least 1")
    batch = generate(arguments.rows, folder=arguments.out, seed=arguments.seed, csv=arguments.csv)
    print(json.dumps(asdict(batch), default=str, indent=2))


if __name__ == "__main__":
    main()
