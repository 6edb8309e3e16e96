"""What registry-ingest, which validates commands of people, and household, which decides them, say to each other."""

from uuid import UUID

import msgspec

from padan_events.commands.asked import Command


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reason for which a command is refused, and the field it lies in, where it lies in one."""

    code: str
    field: str | None = None


class CommandRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of household's `POST /commands`.

    `actor` is `user:<subject>`, `region` the part of the country this person acts for (empty: the nation).
    `idempotency_key` and `digest` are keyed hashes of the key and of what the person sent: neither can be found out by
    trying. `version` is that of the household as the sender saw it (If-Match), where they said. `found` are the faults
    for which registry-ingest would refuse the command: household keeps them, so that the same key is answered the same
    for ever. `asked_about` is the keyed hash of the NIK of whom registers outside were asked, which is kept beside the
    answer: what they say of a person is a read of that person's data.
    """

    actor: str
    role: str
    region: str
    idempotency_key: str
    digest: bytes
    command: Command
    version: int | None = None
    found: tuple[Fault, ...] = ()
    asked_about: bytes | None = None


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of household's `POST /commands:answered`: was this key answered before?"""

    actor: str
    idempotency_key: str
    digest: bytes


class AppendedEvent(msgspec.Struct, frozen=True):
    """An event that a command led to, and where it stands on household.events.v1. `household_id` is the household
    that it is about: a command about one may found another, and lead to events of several; None where it is about a
    village, or where the answer is older than this field."""

    event_id: UUID
    shard: int
    pos: int
    household_id: UUID | None = None


class CommandAccepted(msgspec.Struct, frozen=True, kw_only=True, tag="accepted", tag_field="outcome"):
    """A command was accepted. `version` is that of the household after its last event."""

    household_id: UUID
    version: int
    events: tuple[AppendedEvent, ...]


class CommandRefused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="refused", tag_field="outcome"):
    """A command was refused; for a duplicate, `holder` is the household that holds the NIK. It is kept for those who
    settle the case, and not told: it may be any family of the nation."""

    faults: tuple[Fault, ...]
    holder: UUID | None = None


class CaseAccepted(msgspec.Struct, frozen=True, kw_only=True, tag="accepted", tag_field="outcome"):
    """Of a command with many cases, one that was accepted; `version` is that of the household from now on."""

    household_id: UUID
    version: int
    events: tuple[AppendedEvent, ...]


class CaseRefused(msgspec.Struct, frozen=True, kw_only=True, tag="refused", tag_field="outcome"):
    """Of a command with many cases, one that was refused."""

    household_id: UUID
    faults: tuple[Fault, ...]


class CasesDecided(msgspec.Struct, frozen=True, kw_only=True, tag="decided", tag_field="outcome"):
    """A command with many cases was decided, each case by itself, in the order in which they were named."""

    cases: tuple[CaseAccepted | CaseRefused, ...]


class VillageAccepted(msgspec.Struct, frozen=True, kw_only=True, tag="village_accepted", tag_field="outcome"):
    """A command about a village was accepted. `version` is that of the village's rounds after its last event."""

    village: str
    version: int
    events: tuple[AppendedEvent, ...]


class VillageRefused(msgspec.Struct, frozen=True, kw_only=True, tag="village_refused", tag_field="outcome"):
    """Of a command about many villages, one for which it was refused."""

    village: str
    faults: tuple[Fault, ...]


class VillagesDecided(msgspec.Struct, frozen=True, kw_only=True, tag="villages_decided", tag_field="outcome"):
    """A command about many villages was decided, each village by itself."""

    villages: tuple[VillageAccepted | VillageRefused, ...]


class CommandUnanswered(msgspec.Struct, frozen=True, tag="unanswered", tag_field="outcome"):
    """To `POST /commands:answered`: nothing was answered to this key yet."""


CommandOutcome = CommandAccepted | CommandRefused | CasesDecided | VillageAccepted | VillagesDecided

KEY_REUSED = CommandRefused(faults=(Fault("idempotency_key_reused", "Idempotency-Key"),))
"""The answer to one key with two contents; it is not kept, for the first answer stays."""
