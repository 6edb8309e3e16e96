"""The doors by which the civil registry tells of deaths: its feed, its notification, a file."""

import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import httpx
from oracle import query
from padan_cli.platform import Platform
from padan_simulators.civil_registry.feed import FeedEntry
from padan_simulators.civil_registry.notifying import message

from faults.asking import NO_AUTHORITIES, Asking
from faults.families import Family
from faults.turns.families import DIED_ON

_WITHIN_S: Final = 240.0


def _by_feed(asking: Asking, family: Family) -> None:
    """The head of the family dies. Where the answer is lost the registry records it twice, which is one death."""
    happened = {"events": [{"kind": "death", "nik": family.nik(0), "on": DIED_ON}]}
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        try:
            with _registry(asking.platform) as http:
                if http.post("/simulator/feed", json=happened).is_success:
                    return
        except httpx.TransportError:
            pass
        time.sleep(0.5)  # a simulator that is away tells nobody when it is back
    raise AssertionError(f"the civil registry takes nothing for {_WITHIN_S} s")


def _by_notice(asking: Asking, family: Family) -> None:
    happened: dict[str, Any] = {"cursor": 1, "id": f"notice-{family.nik(1)}", "recorded_at": f"{DIED_ON}T08:00:00Z"}
    told = message((FeedEntry(kind="death", nik=family.nik(1), on=date.fromisoformat(DIED_ON), **happened),))
    officer = {"Authorization": f"Bearer {asking.token('civil_registry_officer')}"}
    answer = asking.ask("notice", lambda http: http.post("/v1/crvs/registry/notify", json=told, headers=officer))
    assert '"ACK"' in answer.text, f"a notice of a death: {answer.text}"


def _by_file(asking: Asking, family: Family) -> None:
    content = f"NIK,TANGGAL_MENINGGAL\n{family.nik(1)},{date.fromisoformat(DIED_ON):%d-%m-%Y}\n".encode()
    files = {"file": (f"kematian-{family.serial}.csv", content)}
    asking.ask("file of deaths", lambda http: http.post("/v1/batches", files=files, data={"kind": "deaths"}))


DOORS: Final[Mapping[str, Callable[[Asking, Family], None]]] = {
    "feed": _by_feed,
    "notice": _by_notice,
    "file": _by_file,
}
"""By name, how a death is told; whoever returns has it acknowledged."""


def feed_is_read(platform: Platform) -> bool:
    """Whether all that the registry's feed holds was taken."""
    with _registry(platform) as http:
        head = int(http.get("/feed", params={"limit": 1}).raise_for_status().json()["head"])
    cursors = query(platform, "registry_ingest", "SELECT cursor FROM feed_cursor")
    return head == max((cursor for (cursor,) in cursors), default=0)


def _registry(platform: Platform) -> httpx.Client:
    return httpx.Client(
        base_url=platform.url("civil-registry"), timeout=10, trust_env=False, verify=NO_AUTHORITIES
    )  # fmt: skip
