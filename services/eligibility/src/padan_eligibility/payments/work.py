"""The parts of payment lists, put together."""

import msgspec
from padan_runtime.database import Database

from padan_eligibility.payments.looking import Looking
from padan_eligibility.payments.making import Making
from padan_eligibility.payments.ordering import Ordering
from padan_eligibility.payments.owning import Owning
from padan_eligibility.payments.taking import Taking
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.timing.redeciding import Clock


class Work(msgspec.Struct, frozen=True):
    """What people and time do to payment lists."""

    making: Making
    ordering: Ordering
    taking: Taking
    owning: Owning
    looking: Looking


def payment_work(database: Database, policies: PolicySet, allocator: Allocator, reader: str, clock: Clock) -> Work:
    """The parts on a database; `reader` is the reader of the facts, `clock` says what time it is."""
    making = Making(database, policies, clock)
    ordering = Ordering(database, policies, allocator, reader, clock=clock)
    looking = Looking(database, making, ordering, clock)
    return Work(making, ordering, Taking(database, clock), Owning(database, policies, clock), looking)
