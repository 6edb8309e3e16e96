"""The relay of a service that emits nothing but copies of what it parked."""

import asyncio
import contextlib

import psycopg

from padan_runtime.logs import logger
from padan_runtime.process import Task
from padan_runtime.relay import LostLeadershipError, Relay

_AGAIN_S = 2.0


def tell_what_is_parked(relay: Relay) -> Task:
    """Run a relay that must not take its process with it.

    Where others read a service's events, losing the lead ends the process. Here a public service would end with every
    restart of its database, for the sake of copies: so the relay, its producer closed, waits and leads anew.
    """

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await relay.run(stop)
            except (LostLeadershipError, psycopg.OperationalError) as error:
                logger().warning("copies of what is parked wait", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _AGAIN_S)

    return run
