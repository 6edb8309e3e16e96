"""Opaque cursors of the list of households: the region listed and the last id seen."""

import base64
import binascii
from uuid import UUID

import msgspec

from padan_gateway import problems
from padan_gateway.domain.regions import Scope

_DECODER = msgspec.json.Decoder(tuple[str, UUID])


def encode(region: Scope, last: UUID) -> str:
    """The cursor behind a page that ended with `last`."""
    return base64.urlsafe_b64encode(msgspec.json.encode((region.name, last))).decode().rstrip("=")


def decode(region: Scope, cursor: str) -> UUID:
    """The last id seen. Raises `Problem` cursor_invalid (422), also for a cursor of another region's list."""
    try:
        listed, last = _DECODER.decode(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise problems.cursor_invalid() from error
    if listed != region.name:
        raise problems.cursor_invalid()
    return last
