"""The policies in force, folded from the programme log."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from padan_runtime.database import Database
from psycopg import Connection

from padan_eligibility.domain.asking import Asks, asks_of
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import read_policy
from padan_eligibility.programmes import repository


class _Known(msgspec.Struct, frozen=True):
    heads: tuple[int, ...]
    policies: Mapping[str, Sequence[Policy]]
    asks: Asks = Asks()


class PolicySet:
    """What every worker knows of policies. Read from threads: what is known is replaced whole, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = _Known((), {})

    @property
    def ready(self) -> bool:
        """Whether there is any policy to decide by."""
        return bool(self._known.policies)

    def refresh(self) -> None:
        """Read anew what the programme log holds, if it has grown."""
        with self._database.transaction() as connection:
            self.within(connection)

    def within(self, connection: Connection[Any]) -> "PolicySet":
        """The same, inside a transaction: each batch is decided by what is published when it is written, in every
        worker alike, whether or not word of it came over Kafka. Raises `PolicyError` for a policy this version
        cannot read."""
        heads = repository.heads(connection)
        if heads != self._known.heads:
            policies: dict[str, list[Policy]] = {}
            for _, data in repository.published(connection):
                policies.setdefault(data.programme, []).append(read_policy(repository.document(data)))
            asks = asks_of(one for versions in policies.values() for one in versions)
            self._known = _Known(heads, policies, asks)
        return self

    def latest(self, programme: str) -> Policy | None:
        """The policy of a programme that was published last; None where there is none."""
        versions = self._known.policies.get(programme)
        return versions[-1] if versions else None

    def version(self, programme: str, version: str) -> Policy | None:
        """A version that was published; None where there is none."""
        return next((one for one in self._known.policies.get(programme, ()) if one.version == version), None)

    @property
    def asks(self) -> Asks:
        """What the versions that were published ask for."""
        return self._known.asks

    def asking(self, asks: Callable[[Policy], bool]) -> frozenset[str]:
        """The programmes of which some version that was published asks for something."""
        return frozenset(code for code, versions in self._known.policies.items() if any(map(asks, versions)))

    def of(self, programme: str, day: date) -> Policy | None:
        """The policy of a programme in force on `day`; None where there is none."""
        return next((one for one in self.in_force(day) if one.programme == programme), None)

    def in_force(self, day: date) -> list[Policy]:
        """Each programme's policy on `day`, by programme: the last one to have taken effect, of two that did on
        the same day the one published later."""
        chosen = []
        for _, versions in sorted(self._known.policies.items()):
            effective = [policy for policy in versions if policy.effective_from <= day]
            if effective:
                latest = max(policy.effective_from for policy in effective)
                chosen.append([policy for policy in effective if policy.effective_from == latest][-1])
        return chosen
