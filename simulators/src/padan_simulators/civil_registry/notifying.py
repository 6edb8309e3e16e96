"""Telling a subscriber of entries of the feed: SPDCI CRVS API 1.0.0, `/registry/notify`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import httpx
import msgspec

from padan_simulators.civil_registry.feed import FeedEntry
from padan_simulators.register_server.problems import RegisterError

SENDER: Final = "civil-registry.simulator"
EVENT_TYPES: Final = {
    "death": "spdci-common:RegistryEventType:Death",
    "death_corrected": "spdci-common:RegistryEventType:DeathCorrected",
    "death_reversed": "spdci-common:RegistryEventType:DeathReversed",
    "birth": "spdci-common:RegistryEventType:LiveBirth",
    "move": "spdci-common:RegistryEventType:Move",
}
"""The specification leaves the values to whoever implements it; Death and LiveBirth are those of its enumeration."""


class NotifyRequest(msgspec.Struct, frozen=True):
    """Whom to tell, and of which entries. `url` is the subscriber's notify address, `token` what it is shown."""

    url: str
    token: str
    cursors: tuple[int, ...]


class Notified(msgspec.Struct, frozen=True):
    """What the subscriber answered."""

    status: int
    body: str


def message(entries: Sequence[FeedEntry]) -> dict[str, Any]:
    """The notification of these entries, with ids that are the same whenever it is sent again."""
    name = uuid5(NAMESPACE_URL, "notify:" + ",".join(entry.id for entry in entries))
    sent_at = max(entry.recorded_at for entry in entries)
    return {
        "header": {
            "version": "1.0.0",
            "message_id": str(name),
            "message_ts": sent_at,
            "action": "notify",
            "status": "succ",
            "sender_id": SENDER,
            "total_count": len(entries),
        },
        "message": {
            "transaction_id": str(uuid5(name, "transaction")),
            "notify_event": [
                {
                    "reference_id": entry.id,
                    "timestamp": entry.recorded_at,
                    "data": {
                        "version": "1.0.0",
                        "reg_type": "spdci-extensions-dci:CRVS",
                        "reg_event_type": EVENT_TYPES[entry.kind],
                        "reg_record_type": "spdci-extensions-crvs:Person",
                        "reg_records": _person(entry),
                    },
                    "locale": "id",
                }
                for entry in entries
            ],
        },
    }


def _person(entry: FeedEntry) -> dict[str, Any]:
    person: dict[str, Any] = {
        "@type": "CRVS_Person",
        "identifier": {"@type": "Identifier", "identifier_type": "NIK", "identifier_value": entry.nik},
    }
    if entry.kind.startswith("death"):
        person["death_date"] = entry.on.isoformat()
    elif entry.kind == "birth":
        person |= {"birth_date": entry.on.isoformat(), "sex": {"m": "male", "f": "female"}.get(entry.sex or "")}
        person["name"] = {"@type": "Name", "given_name": entry.name}
        person["parent1_identifier"] = {"identifier_type": "NIK", "identifier_value": entry.mother_nik}
    else:
        person["address"] = {"address_line1": entry.address, "region_code": entry.region, "date": entry.on.isoformat()}
    return person


async def notify(request: NotifyRequest, entries: Sequence[FeedEntry]) -> Notified:
    """Tell the subscriber. Raises RegisterError `subscriber_unavailable`."""
    try:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            answer = await http.post(
                request.url, json=message(entries), headers={"Authorization": f"Bearer {request.token}"}
            )
    except httpx.HTTPError as error:
        raise RegisterError(502, "subscriber_unavailable", "the subscriber does not answer") from error
    return Notified(answer.status_code, answer.text)
