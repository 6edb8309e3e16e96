"""A file's way from the upload to its last view, seen through the gateway only, with the time of each stage."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from padan_cli.ingest import FINISHED, Gateway, ServiceAway

_POLL_S = 0.4
"""Between two looks: the gateway is asked, and calls nobody."""

READERS = {
    "household.intake": "deciding (household)",
    "registry-ingest.outcomes": "closing rows (registry-ingest)",
    "registry-ingest.persons": "person index (registry-ingest)",
    "eligibility.facts": "entitlement (eligibility)",
    "gateway.views": "views (gateway)",
}


class Behind(msgspec.Struct, frozen=True):
    """Events still to be sent or read, by reader; None while a service does not answer."""

    relays: int | None
    readers: dict[str, int | None]

    @property
    def at_rest(self) -> bool:
        """Whether everything that was appended has been sent and read by all."""
        return self.relays == 0 and all(lag == 0 for lag in self.readers.values())


def behind(pipeline: dict[str, Any]) -> Behind:
    """What `GET /v1/pipeline` says, by reader over its topics."""
    relays: int | None = 0
    readers: dict[str, int | None] = dict.fromkeys(READERS, None)
    for service in pipeline["services"]:
        if not service["answers"]:
            relays = None
            continue
        if relays is not None:
            relays += sum(one["lag"] for one in service["relay"])
        for one in service["readers"]:
            if one["reader"] in readers:
                known = readers[one["reader"]] or 0
                readers[one["reader"]] = None if one["lag"] is None else known + one["lag"]
    return Behind(relays, readers)


class Step(msgspec.Struct, frozen=True):
    """One look at a file under way: its batch document and how far the readers are behind."""

    batch: dict[str, Any]
    behind: Behind
    seconds: float


class Journey(msgspec.Struct):
    """A file that arrived: the last batch document and seconds since the upload began, by what was reached then."""

    batch: dict[str, Any]
    seconds: float
    reached: dict[str, float]


def travel(
    gateway: Gateway, file: Path, *, members: Path | None = None, look: Callable[[Step], None] = lambda _: None
) -> Journey:
    """Send a file and follow it until every reader has read all that it led to; `look` sees each step."""
    begun = time.monotonic()
    upload_id = gateway.upload(file, members=members)
    reached: dict[str, float] = {"received": time.monotonic() - begun}
    last: Step | None = None
    for last in _steps(gateway, upload_id, begun):
        look(last)
        if last.batch["state"] in FINISHED:
            reached.setdefault("file done", last.seconds)
            for reader, lag in last.behind.readers.items():
                if lag == 0:
                    reached.setdefault(reader, last.seconds)
    assert last is not None
    return Journey(last.batch, last.seconds, reached)


def _steps(gateway: Gateway, upload_id: str, begun: float) -> Iterator[Step]:
    while True:
        try:
            batch = gateway.batch(upload_id)
            step = Step(batch, behind(gateway.get("/v1/pipeline")), time.monotonic() - begun)
        except (httpx.TransportError, ServiceAway):
            time.sleep(_POLL_S)
            continue
        yield step
        # The batch document was read before the lag: once it is done nothing new comes from this file.
        if batch["state"] in FINISHED and step.behind.at_rest:
            return
        time.sleep(_POLL_S)
