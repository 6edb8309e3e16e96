"""How photos are answered, as the OpenAPI document tells it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field as Described

from padan_gateway.answers import Model, WatermarkPart

PhotoKind = Literal["house_front", "house_inside", "family_card", "person", "minutes", "other"]
_FILE = {"type": "string", "format": "binary"}


class PhotoPart(Model):
    """A photo of a household, without the picture."""

    photo_id: UUID
    kind: PhotoKind
    received_at: datetime
    bytes: int = Described(description="Of the picture as it is kept.", examples=[231_004])
    width: int = Described(description="In pixels, as it is kept.", examples=[1_600])
    height: int = Described(examples=[1_200])
    flagged: bool = Described(
        description="Another household has the same or a near-identical photo. Which one is not told."
    )


class PhotoAnswer(PhotoPart):
    """A photo was taken in. The same photo again, of the same household and kind, is the same photo."""

    watermark: WatermarkPart


class PhotosAnswer(Model):
    """The photos of a household, as they came."""

    photos: list[PhotoPart]
    watermark: WatermarkPart


PHOTO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The photo itself, or a form with the one field `photo`. What it is, is judged by its content.",
        "content": {
            "image/jpeg": {"schema": _FILE},
            "image/png": {"schema": _FILE},
            "image/webp": {"schema": _FILE},
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["photo"], "properties": {"photo": _FILE}}
            },
        },
    }
}
"""The body for the OpenAPI document: the endpoint itself passes a stream on."""
