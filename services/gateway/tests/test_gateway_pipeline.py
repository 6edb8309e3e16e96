"""Lag, watermark and the OpenAPI document."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from gateway_given import PATI, a_nik, household_id
from gateway_world import UPLOAD_ID, World
from openapi_spec_validator import OpenAPIV31SpecValidator
from padan_events import SHARDS
from padan_events.envelope import rfc3339
from padan_gateway.answers import WATERMARK_HEADER, Watermark
from padan_gateway.batches import repository
from padan_gateway.domain.access import Role
from padan_gateway.domain.regions import Scope
from padan_gateway.pipeline.endpoints import PipelineAnswer
from padan_gateway.pipeline.lag import report
from padan_gateway.pipeline.watch import Watch
from padan_gateway.signin.context import seen_by
from padan_gateway.signin.tokens import Caller
from psycopg import Connection


def test_lag_is_what_the_owner_has_and_the_reader_has_not() -> None:
    heads = [5] * SHARDS
    progress = {
        "household": {
            "heads": {"household.events.v1": heads}, "relayed": {"household.events.v1": [4] * SHARDS},
            "readers": {"household.intake": {"registry.intake.v1": {"0": 3}}},
            "stopped": {"household.intake": {"registry.intake.v1/7": "hole"}},
            "parked": {"household.intake": 2},
        },
        "registry-ingest": None,
        "gateway": {
            "heads": {}, "relayed": {}, "stopped": {},
            "readers": {"gateway.views": {"household.events.v1": dict.fromkeys(range(1, SHARDS), 5)}},
        },
    }  # fmt: skip
    household, ingest, gateway = report(progress)
    assert household["relay"] == [{"topic": "household.events.v1", "lag": SHARDS}]
    assert household["readers"] == [{"reader": "household.intake", "topic": "registry.intake.v1", "lag": None}]
    assert household["stopped"] == [{"reader": "household.intake", "shard": "registry.intake.v1/7", "reason": "hole"}]
    assert household["parked"] == [{"reader": "household.intake", "count": 2}]
    assert (ingest["answers"], ingest["readers"]) == (False, [])
    assert gateway["readers"] == [{"reader": "gateway.views", "topic": "household.events.v1", "lag": 5}]


def test_the_pipeline_shows_services_that_answer_and_those_that_do_not(world: World) -> None:
    world.register.propose(1)
    document = world.get("/v1/pipeline", role="administrator", region="ID").json()
    PipelineAnswer.model_validate(document)
    services = {service["service"]: service for service in document["services"]}
    assert {name: service["answers"] for name, service in services.items()} == {
        "registry-ingest": False, "household": True, "eligibility": False, "gateway": True,
    }  # fmt: skip
    assert {"topic": "household.events.v1", "lag": 1} in services["household"]["relay"]


def test_what_services_say_of_themselves_is_not_public(world: World) -> None:
    for headers in ({}, world.signer.headers("administrator", "ID")):
        assert world.client.get("/progress", headers=headers).status_code == 404


def test_the_watermark_moves_only_when_the_views_have_reached_the_cut(world: World) -> None:
    parts = world.gateway.parts

    def look() -> None:
        async def once() -> None:
            # A client of its own: the gateway's belongs to the loop that serves.
            service = type(parts.household)("household", world.household_url, world.identity())
            await Watch(service, world.gateway.writer, parts.watermark).look()
            await service.close()

        asyncio.run(once())

    event = world.register.propose(1)
    world.put(event)
    look()
    assert parts.watermark.at is None
    assert WATERMARK_HEADER not in world.get(f"/v1/households/{event.key}").headers

    with world.gateway.writer.transaction() as connection:
        connection.execute(
            "INSERT INTO reader_position (reader, topic, shard, pos, cluster_id) "
            "VALUES ('gateway.views', 'household.events.v1', %s, %s, '')",
            [event.shard, event.pos],
        )
    look()
    answer = world.get(f"/v1/households/{event.key}")
    assert answer.headers[WATERMARK_HEADER] == answer.json()["watermark"]["at"] == "2026-01-15T03:12:45.123456Z"
    assert answer.json()["watermark"]["positions"]["household.events.v1"][event.shard] == 1


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", f"/v1/households/{household_id(1)}"),
        ("GET", f"/v1/households/{household_id(1)}/eligibility"),
        ("GET", "/v1/households"),
        ("POST", "/v1/persons:lookup"),
        ("GET", f"/v1/batches/{UPLOAD_ID}"),
        ("GET", "/v1/pipeline"),
    ],
)
def test_a_watermark_is_never_newer_than_the_data_beside_it(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str, address: str
) -> None:
    parts = world.gateway.parts
    world.put(world.register.propose(1))
    with seen_by(parts.reader, Caller("tester", Role.SOCIAL_OFFICE, Scope.of(PATI))) as connection:
        repository.sent(connection, UPLOAD_ID, Caller("tester", Role.SOCIAL_OFFICE, Scope.of(PATI)))
    before, after = (datetime(2026, 1, 15, 3, minute, tzinfo=UTC) for minute in (0, 1))
    parts.watermark.at = before
    for database in (parts.reader, world.gateway.writer):
        monkeypatch.setattr(database, "transaction", _moving(database.transaction, parts.watermark, after))
    body = {"nik": a_nik(1, 0)} if method == "POST" else None
    answer = world.client.request(method, address, json=body, headers=world.signer.headers())
    assert parts.watermark.at == after, "the watermark has moved while the answer was read"
    assert answer.status_code == 200
    assert answer.headers[WATERMARK_HEADER] == answer.json()["watermark"]["at"] == rfc3339(before)


def _moving(
    transaction: Callable[[], AbstractContextManager[Connection[Any]]], watermark: Watermark, at: datetime
) -> Callable[[], AbstractContextManager[Connection[Any]]]:
    """The same transactions, in each of which the watermark moves on."""

    @contextmanager
    def moving() -> Iterator[Connection[Any]]:
        with transaction() as connection:
            yield connection
            watermark.at = at

    return moving


def test_the_openapi_document_is_valid_and_says_what_can_go_wrong(world: World) -> None:
    document = world.client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["security"], path
            refused = operation["responses"]["401"]["content"]["application/problem+json"]["examples"]
            assert set(refused) == {"token_missing", "token_invalid"}
            assert all(example["value"]["detail_id"] for example in refused.values())
    assert set(world.client.get("/").json()["addresses"]) == {
        f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations
    }
