"""Brings a broker's access control lists to what `padan_events.access` declares, with the requests of Kafka's protocol.

aiokafka's admin client has no call for it, but knows the requests. Kafka's own AclCommand would start Java once for
each user and resource.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from padan_events.access import USERS, Grant, grants
from padan_events.kafka_client import Kafka, client_of

# The numbers of Kafka's protocol: AclOperation, AclPermissionType, ResourceType, PatternType.
_ANY: Final = 1
_ALLOW: Final = 3
_OPERATION: Final = {"Read": 3, "Write": 4}
_RESOURCE: Final = {"topic": 2, "group": 3}
_PATTERN: Final = {"literal": 3, "prefix": 4}
_ANY_HOST: Final = "*"
_KNOWN_WITHIN_S: Final = 60.0

Entry = tuple[int, str, int, str, str, int, int]
"""Resource type, name, pattern type, principal, host, operation, permission."""


class AclsRefusedError(RuntimeError):
    """The broker did not take a rule, or has no authorizer; the message holds Kafka's error code."""


async def apply_acls(kafka: Kafka) -> tuple[int, int]:
    """Add what is missing and remove what Padan's users should not have; answers how many of each.

    Rights of others are not touched. Returns once the broker that answers knows them (a new rule can lag).
    Raises `AclsRefusedError`.
    """
    client = AIOKafkaClient(**client_of(kafka).options())
    await client.bootstrap()
    try:
        wanted = {_entry(grant) for grant in grants()}
        existing = await _existing(client)
        if wanted - existing:
            created = await _ask(client, _CreateAcls(wanted - existing))
            _require_all(created.creation_responses)
        if existing - wanted:
            deleted = await _ask(client, _DeleteAcls(existing - wanted))
            _require_all(deleted.filter_responses)
        async with asyncio.timeout(_KNOWN_WITHIN_S):
            while await _existing(client) != wanted:
                await asyncio.sleep(0.02)
        return len(wanted - existing), len(existing - wanted)
    finally:
        await client.close()


def _entry(grant: Grant) -> Entry:
    return (
        _RESOURCE[grant.resource],
        grant.name,
        _PATTERN[grant.pattern],
        f"User:{grant.user}",
        _ANY_HOST,
        _OPERATION[grant.operation],
        _ALLOW,
    )


async def _existing(client: AIOKafkaClient) -> set[Entry]:
    all_: Any = None  # the request takes it, though its types do not say so
    answer = await _ask(client, DescribeAclsRequest(_ANY, all_, _ANY, all_, all_, _ANY, _ANY))
    _require(answer.error_code, answer.error_message)
    ours = {f"User:{user}" for user in USERS}
    return {
        (kind, name, pattern, principal, host, operation, permission)
        for kind, name, pattern, rules in answer.resources
        for principal, host, operation, permission in rules
        if principal in ours
    }


class _CreateAcls(CreateAclsRequest):
    """All rules in one request, and so in one transaction of the controller; aiokafka's own takes one rule."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(self._entries)


class _DeleteAcls(DeleteAclsRequest):
    """All in one request, as above."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(self._entries)


async def _ask(client: AIOKafkaClient, request: Any) -> Any:
    return await client.send(client.get_random_node(), request)


def _require_all(answers: Iterable[Any]) -> None:
    for code, message, *_ in answers:
        _require(code, message)


def _require(code: int, message: str | None) -> None:
    if code != 0:
        raise AclsRefusedError(f"the broker answered {code}: {message or 'no reason given'}")
