"""Between household events and what is stored: topic = CloudEvents type, state = the event's JSON, verbatim."""

from functools import lru_cache
from uuid import UUID

import padan_events
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from padan_household.domain.stream import Cause, HouseholdEvent
from padan_household.store.enveloped import EnvelopedEvent


@lru_cache(maxsize=16_384)
def shard_of(household_id: UUID) -> int:
    """The shard of a household; a batch asks for the same one several times, and the hash costs 4 us."""
    return padan_events.shard_of(str(household_id))


class HouseholdMapper(Mapper[UUID]):
    """In place of the library's own, which cannot take msgspec Structs and stores paths of Python classes."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())  # demanded by the base class, never used

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> EnvelopedEvent:
        """Raises `TypeError` for anything but a `HouseholdEvent`."""
        if not isinstance(domain_event, HouseholdEvent):
            raise TypeError(f"the store holds household events, not {type(domain_event).__name__}")
        cause = domain_event.cause
        return EnvelopedEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=padan_events.type_of(domain_event.data).name,
            state=padan_events.encode(domain_event.data),
            event_id=domain_event.event_id,
            actor=cause.actor,
            correlation_id=cause.correlation_id,
            causation_id=cause.causation_id,
            shard=shard_of(domain_event.originator_id),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> HouseholdEvent:
        """Raises `UnknownEventTypeError` and msgspec's errors where the store holds what the contract does not know."""
        if not isinstance(stored_event, EnvelopedEvent):
            raise TypeError("an event without its envelope")
        return HouseholdEvent(
            originator_id=UUID(str(stored_event.originator_id)),
            originator_version=stored_event.originator_version,
            data=padan_events.decode(stored_event.topic, stored_event.state),
            cause=Cause(stored_event.actor, stored_event.correlation_id, stored_event.causation_id),
        )
