"""How the contract tells of a field: what it means, in which unit, and whether it gives a person away."""

from typing import Final, Literal

import msgspec

Protection = Literal["open", "pseudonym", "sealed_identity", "sealed_sensitive", "sealed_intake"]

PROTECTION: Final = "x-protection"
"""Keyword of a field's JSON Schema; its words are explained in `PROTECTIONS`."""

PROTECTIONS: Final[dict[Protection, str]] = {
    "open": "in the clear; says nothing of a person by itself",
    "pseudonym": "a random-looking id that stands for a household or a person; whose it is, only the register knows",
    "sealed_identity": (
        "AES-256-GCM, base64: name, NIK, address and the like; opened by registry-ingest and the gateway only"
    ),
    "sealed_sensitive": (
        "AES-256-GCM, base64: birth date, school, health and the like; opened by eligibility (and, where it explains a "
        "decision, by the gateway) only"
    ),
    "sealed_intake": "AES-256-GCM, base64, under the key of one day, which is destroyed after 30 days",
}


def told(meaning: str, protection: Protection = "open") -> msgspec.Meta:
    """What the JSON Schema, the AsyncAPI document and docs/events.md say of a field."""
    return msgspec.Meta(description=meaning, extra_json_schema={PROTECTION: protection})
