"""GET /v1/pipeline."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from padan_runtime.problems import Unavailable
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.answers import Model, WatermarkPart, answer
from padan_gateway.domain.access import Action
from padan_gateway.downstream import Refused, Service
from padan_gateway.parts import Parts
from padan_gateway.pipeline.lag import report
from padan_gateway.signin.tokens import Caller

_TIMEOUT_S = 3.0


class RelayLag(Model):
    """Events of a topic that Kafka has not acknowledged yet."""

    topic: str = Described(examples=["household.events.v1"])
    lag: int


class ReaderLag(Model):
    """Events of a topic that a reader has not applied yet; null where the topic's owner does not answer."""

    reader: str = Described(examples=["gateway.views"])
    topic: str
    lag: int | None


class StoppedShard(Model):
    """A shard that a reader stopped: nothing is lost, somebody must look."""

    reader: str
    shard: str = Described(examples=["household.events.v1/7"])
    reason: str = Described(examples=["hole"])


class ParkedCount(Model):
    """Records a reader could not handle and set aside: above 0 somebody must look (`padan parked list`)."""

    reader: str
    count: int


class ServicePart(Model):
    """One service: whether it answers, and how far it has come."""

    service: str = Described(examples=["household"])
    answers: bool
    relay: list[RelayLag]
    readers: list[ReaderLag]
    stopped: list[StoppedShard]
    parked: list[ParkedCount]


class PipelineAnswer(Model):
    """Lag by service and topic, stopped shards, and the watermark of the views."""

    services: list[ServicePart]
    watermark: WatermarkPart


async def _progress(service: Service) -> dict[str, Any] | None:
    try:
        return dict(await service.json("/progress", timeout_s=_TIMEOUT_S))
    except (Unavailable, Refused):
        return None


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["pipeline"])
    reads = Depends(parts.door.for_(Action.READ_PIPELINE))

    @routes.get(
        "/v1/pipeline",
        summary="How far every service has come",
        response_model=PipelineAnswer,
        responses=problems.responses(*problems.SIGNED_IN),
    )
    async def read(_: Annotated[Caller, reads]) -> Response:
        watermark = parts.watermark.document()
        services = (parts.registry_ingest, parts.household, parts.eligibility)
        stated = await asyncio.gather(*map(_progress, services))
        own = await asyncio.to_thread(parts.progress.read)
        by_service = {service.name: progress for service, progress in zip(services, stated, strict=True)}
        return answer({"services": report({**by_service, "gateway": own})}, watermark)

    return routes
