"""What is done again where it met with somebody else's work: those who pay, order and follow families wait for each
other in one order, but whoever it overlooks is not the bank's concern."""

from typing import Any, Final

from padan_runtime.problems import service_unavailable
from psycopg.errors import DeadlockDetected, SerializationFailure

from padan_eligibility.domain.drafts import Person
from padan_eligibility.programmes.door import Act

TIMES: Final = 3


def again(act: Act) -> Act:
    """`act`, up to three times: each is a request with a key, of which nothing is done twice. Then it raises `Problem`
    service_unavailable, and whoever asked may ask again."""

    def tried(person: Person, body: bytes) -> Any:
        for _ in range(TIMES - 1):
            try:
                return act(person, body)
            except (DeadlockDetected, SerializationFailure):
                continue
        try:
            return act(person, body)
        except (DeadlockDetected, SerializationFailure) as error:
            raise service_unavailable("eligibility") from error

    return tried
