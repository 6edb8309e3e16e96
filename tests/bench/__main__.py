"""Runs the measures on an instance of its own, which is removed at the end."""

import argparse
import os
import shutil
import sys

from padan_cli.platform import Instance, Platform
from padan_cli.platform.instance import project_root
from padan_runtime import logs as structured_logs

from bench.allocation import allocation_round
from bench.append_single import append_single
from bench.commands import approve_10k, commands
from bench.deaths import deaths_feed
from bench.explain import explain
from bench.idle import idle
from bench.logs import append_batched, relay
from bench.measure import Bench, say
from bench.pati import pati_batch
from bench.rebuild import rebuild
from bench.recompute import recompute
from bench.simulate import simulate_1m
from bench.simulate_past import simulate_past
from bench.streams import eligibility_stream, gateway_stream, household_stream
from bench.validate import validate_1m_csv, validate_1m_xlsx

BENCHES: dict[str, Bench] = {
    "append_batched": append_batched,
    "append_single": append_single,
    "relay": relay,
    "idle": idle,
    "pati_batch": pati_batch,
    "validate_1m_csv": validate_1m_csv,
    "validate_1m_xlsx": validate_1m_xlsx,
    "rebuild": rebuild,
    "recompute": recompute,
    "commands": commands,
    "approve_10k": approve_10k,
    "deaths_feed": deaths_feed,
    "simulate_1m": simulate_1m,
    "simulate_past": simulate_past,
    "allocation_round": allocation_round,
    "explain": explain,
    # Each of these leaves fewer services at work than it found: in this order.
    "gateway_stream": gateway_stream,
    "eligibility_stream": eligibility_stream,
    "household_stream": household_stream,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="names, separated by commas", default=",".join(BENCHES))
    structured_logs.configure("bench", "warning")  # standard output is for the measures
    wanted = parser.parse_args().only.split(",")
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        sys.exit(f"no measure is called {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    folder = project_root() / ".padan" / f"bench-{os.getpid()}"
    platform = Platform(Instance(folder), bound=True)
    try:
        platform.up(only=["postgres", "kafka"], progress=lambda name, state: say(f"{name}: {state}"))
        for name in wanted:
            say(f"measuring {name} ...")
            for measure in BENCHES[name](platform):
                measure.print()
    finally:
        platform.down()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
