"""A service's projections as an operator's command meets them: outside of the service, with the service's settings."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from padan_events.kafka_client import Kafka

from padan_runtime.rebuild.view import View
from padan_runtime.reconciliation.asking import Reconciliation


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """What can be reconciled and rebuilt with one service's settings. Close it at the end."""

    url: str
    owner_url: str | None
    kafka: Kafka
    views: Sequence[View]
    reconciliations: Sequence[Reconciliation]
    close: Callable[[], Awaitable[None]]
