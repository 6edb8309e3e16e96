"""rebuild: every view built anew beside the live one by `padan rebuild`, compared and switched, over the Pati batch."""

import os
import subprocess
import sys

import psycopg
from padan_cli.maintenance import SERVICE_OF
from padan_cli.platform import Platform
from padan_cli.platform.instance import DATABASES

from bench.measure import Measure, say
from bench.streams import load


def rebuild(platform: Platform) -> list[Measure]:
    """Events a second over all views, and each; the time of the start of the process apart."""
    load(platform)
    measures, events, seconds = [], 0, 0.0
    for view, service in SERVICE_OF.items():
        environment = {**os.environ, **platform.instance.environment(service)}
        done = subprocess.run(
            [sys.executable, "-m", "padan_cli.main", "rebuild", view, "--verify"],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        say(done.stdout)
        with psycopg.connect(platform.database_url(DATABASES[service], "padan")) as connection:
            row = connection.execute(
                "SELECT events, seconds, differences FROM rebuild_report ORDER BY report_id DESC LIMIT 1"
            ).fetchone()
        assert row is not None
        if any(found[kind] for found in row[2].values() for kind in ("missing", "surplus", "altered")):
            raise RuntimeError(f"{view} differs: {row[2]}")
        events, seconds = events + row[0], seconds + row[1]
        measures.append(Measure(f"rebuild_{view.replace('.', '_').replace('-', '_')}", row[0] / row[1], "events/s"))
    return [Measure("rebuild", events / seconds, "events/s"), *measures]
