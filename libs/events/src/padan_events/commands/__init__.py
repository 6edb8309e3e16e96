"""Commands of people: what they ask for (`asked`, one Struct a command), and what the services say of it (`wire`)."""

from padan_events.commands.asked import Command
from padan_events.commands.proposing import ProposeHousehold
from padan_events.commands.wire import (
    KEY_REUSED,
    AppendedEvent,
    CaseAccepted,
    CaseRefused,
    CasesDecided,
    CommandAccepted,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    CommandUnanswered,
    Fault,
    KeyRequest,
    VillageAccepted,
    VillageRefused,
    VillagesDecided,
)

__all__ = [
    "KEY_REUSED",
    "AppendedEvent",
    "CaseAccepted",
    "CaseRefused",
    "CasesDecided",
    "Command",
    "CommandAccepted",
    "CommandOutcome",
    "CommandRefused",
    "CommandRequest",
    "CommandUnanswered",
    "Fault",
    "KeyRequest",
    "ProposeHousehold",
    "VillageAccepted",
    "VillageRefused",
    "VillagesDecided",
]
