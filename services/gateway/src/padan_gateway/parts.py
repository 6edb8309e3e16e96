"""What the endpoints are made of; put together by `bootstrap`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from padan_runtime.database import Database
from padan_runtime.http import Progress
from padan_runtime.keys import KeyClient

from padan_gateway.answers import Watermark
from padan_gateway.downstream import Service
from padan_gateway.signin.door import Door


@dataclass(frozen=True)
class Parts:
    """`reader` is the database under row-level security, `nik_hash_key` the services' key to look a NIK up by.

    `reached` is the dependency that waits for `min_position`. `progress` is this service's own.
    """

    door: Door
    reader: Database
    watermark: Watermark
    reached: Callable[..., Awaitable[None]]
    keys: KeyClient
    nik_hash_key: bytes
    household: Service
    registry_ingest: Service
    eligibility: Service
    progress: Progress
