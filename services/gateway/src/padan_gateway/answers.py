"""What answers have in common: the watermark in each, and the parts that several are made of."""

from datetime import datetime
from typing import Any

from fastapi import Response
from padan_events.envelope import rfc3339
from padan_runtime.http import json_response
from pydantic import BaseModel, ConfigDict, Field

WATERMARK_HEADER = "Padan-Watermark-At"


class Model(BaseModel):
    """A part of an answer; the schema in the OpenAPI document says exactly what is sent."""

    model_config = ConfigDict(extra="forbid")


class WatermarkPart(Model):
    """How far the views have come. Everything that household had accepted at `at` is in this answer; `positions` are
    the last position of each of the 24 shards, by topic, and hold for the decisions too. Null: not known yet."""

    at: datetime | None = Field(examples=["2026-01-15T03:12:45.123456Z"])
    positions: dict[str, list[int]] = Field(examples=[{"household.events.v1": [12] * 24}])


class RegionPart(Model):
    """A region by its Kemendagri code, with its name."""

    code: str = Field(examples=["3318"])
    name: str = Field(examples=["Kabupaten Pati"])


class PlacePart(Model):
    """Where a household lives, by tier. District and village are null where its identity was erased; the village is
    part of the address, and so null where that is hidden."""

    province: RegionPart
    regency: RegionPart
    district: RegionPart | None
    village: RegionPart | None


class PositionPart(Model):
    """Where an event stands; `shard:pos` is what `min_position` takes."""

    shard: int = Field(ge=0, le=23, examples=[7])
    pos: int = Field(ge=1, examples=[1204])


class Answer(Model):
    """What every answer about people carries: the watermark, and which fields are masked or left out for the caller."""

    masked: list[str] = Field(examples=[["name", "nik"]])
    hidden: list[str] = Field(examples=[["address"]])
    watermark: WatermarkPart


class Watermark:
    """The watermark of this gateway's views, kept up by `pipeline.watch`.

    It moves at any time: an endpoint takes `document` before it reads, and answers with what it took. Taken later, it
    would promise data that the transaction had not seen.
    """

    def __init__(self) -> None:
        self.at: datetime | None = None
        self.positions: dict[str, list[int]] = {}

    def document(self) -> dict[str, Any]:
        """The field `watermark` of an answer."""
        return {"at": None if self.at is None else rfc3339(self.at), "positions": self.positions}


def watermark_headers(watermark: dict[str, Any]) -> dict[str, str]:
    """The header Padan-Watermark-At of what `Watermark.document` gave, once the time is known."""
    return {} if watermark["at"] is None else {WATERMARK_HEADER: watermark["at"]}


def answer(document: dict[str, Any], watermark: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer with the watermark, as it stood before the data were read, in header and field."""
    response = json_response({**document, "watermark": watermark}, status)
    response.headers.update(watermark_headers(watermark))
    return response
