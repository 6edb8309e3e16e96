"""Every topic of Padan, declared once. `python -m padan_events.create_topics` creates them."""

from typing import Final

import msgspec

DAY_MS: Final = 86_400_000
FOR_EVER: Final = -1


class Topic(msgspec.Struct, frozen=True):
    """A topic: who alone may write it, what its key is and how long records stay (ms; -1 = for ever)."""

    name: str
    owner: str
    key: str
    retention_ms: int = FOR_EVER

    @property
    def expires(self) -> bool:
        """Whether the earliest record kept may have a position above 1."""
        return self.retention_ms != FOR_EVER


INTAKE = Topic("registry.intake.v1", "registry-ingest", "household_id", 30 * DAY_MS)
OUTCOMES = Topic("household.outcomes.v1", "household", "household_id", 90 * DAY_MS)
HOUSEHOLD_EVENTS = Topic("household.events.v1", "household", "household_id")
ELIGIBILITY_EVENTS = Topic("eligibility.events.v1", "eligibility", "household_id")
PROGRAMME_EVENTS = Topic("programme.events.v1", "eligibility", "programme")

EVENT_TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic for topic in (INTAKE, OUTCOMES, HOUSEHOLD_EVENTS, ELIGIBILITY_EVENTS, PROGRAMME_EVENTS)
}
"""What services tell each other."""

CONSUMERS: Final[dict[str, tuple[str, ...]]] = {
    INTAKE.name: ("household",),
    OUTCOMES.name: ("registry-ingest",),
    HOUSEHOLD_EVENTS.name: ("registry-ingest", "eligibility", "gateway"),
    ELIGIBILITY_EVENTS.name: ("gateway",),
    PROGRAMME_EVENTS.name: ("eligibility",),
}
"""By topic, the services that read it: each has a topic of its own for copies of what it could not handle."""


def parked_topic(topic: str, service: str) -> str:
    """The name of the topic on which `service` tells what it could not handle of `topic`."""
    return f"{topic}.{service}.parked.v1"


PARKED_TOPICS: Final[dict[str, Topic]] = {
    copies.name: copies
    for topic, services in CONSUMERS.items()
    for service in services
    for copies in [Topic(parked_topic(topic, service), service, EVENT_TOPICS[topic].key, 90 * DAY_MS)]
}

TOPICS: Final[dict[str, Topic]] = EVENT_TOPICS | PARKED_TOPICS


def parked_topics_of(service: str) -> tuple[str, ...]:
    """The topics on which `service` tells what it could not handle."""
    return tuple(name for name, topic in PARKED_TOPICS.items() if topic.owner == service)
