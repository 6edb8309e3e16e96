"""A relay or a reader as a process of its own, which a test may stop, wake and kill.

Run as a script: `relay DATABASE_URL KAFKA TOPIC` or `reader DATABASE_URL KAFKA TOPIC IDLE_TRANSACTION_S`.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from padan_events import Topic
from padan_runtime import process
from padan_runtime.database import Database
from padan_runtime.http import Health, create_app
from padan_runtime.relay import Relay
from recording_reader import Recording, a_projector


class Slow(Recording):
    """Writes its rows one by one, long enough to be met in the middle of a transaction."""

    def apply(self, connection: Any, events: Any, prepared: int) -> None:
        super().apply(connection, events, prepared)
        connection.execute("SELECT pg_sleep(0.1)")


def main() -> None:
    what, url, kafka, topic, *rest = sys.argv[1:]
    if what == "relay":
        task = Relay(url, kafka, [topic], source="/padan/test").run
    else:
        database = Database(url, name="reader", idle_transaction_s=float(rest[0]))
        database.open()
        task = a_projector(database, kafka, Topic(topic, "test", "key"), Slow()).run
    process.run(create_app(title=what, health=Health()), host="127.0.0.1", port=0, tasks=[task])


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Such a process; killed at the end where it still lives."""
    child = subprocess.Popen(
        [sys.executable, __file__, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()


async def ended(child: "subprocess.Popen[bytes]", within_s: float = 30) -> int:
    """The exit status of a process that ends by itself."""
    return await asyncio.to_thread(child.wait, within_s)


if __name__ == "__main__":
    main()
