"""Ids of what the register makes: UUIDv5, never random, so that trying again makes the same id."""

from typing import Final
from uuid import UUID, uuid5

_COMMANDS: Final = UUID("0d3f6a0e-6a0b-5d8e-9c53-7e1f4f0a52c1")
"""The namespace of commands."""


def command_id(actor: str, idempotency_key: str) -> UUID:
    """The id of what a person asked for under a key; it correlates all that it leads to."""
    return uuid5(_COMMANDS, f"{actor}\n{idempotency_key}")


def request_id(command_id: UUID, digest: bytes) -> UUID:
    """The id of what was asked for under a key, by its content: the cause of the events it leads to."""
    return uuid5(command_id, digest.hex())


def proposed_household_id(command_id: UUID) -> UUID:
    """The id of the household that a command proposes."""
    return uuid5(command_id, "household")


def person_id(household_id: UUID, index: int) -> UUID:
    """The id of the member that stands at `index` in the report a household was proposed by."""
    return uuid5(household_id, f"person:{index}")


def event_id(household_id: UUID, version: int) -> UUID:
    """The id of an event: of its stream and its place there."""
    return uuid5(household_id, str(version))


def outcome_id(report_id: UUID) -> UUID:
    """The id of the outcome of a report: a report has exactly one."""
    return uuid5(report_id, "outcome")


def outcome_again_id(outcome_id: UUID) -> UUID:
    """The id of the refusal of a report whose acceptance was told and whose events a restore has lost."""
    return uuid5(outcome_id, "again")
