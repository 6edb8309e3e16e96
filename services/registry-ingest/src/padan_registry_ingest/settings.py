"""Settings of registry-ingest, from the environment."""

from pathlib import Path

from padan_runtime.schema import Schema
from padan_runtime.settings import DatabaseSettings, ServiceSettings
from pydantic import Field


class IngestSettings(ServiceSettings):
    """What every service is told, and the addresses, folder and limits of this one."""

    household_url: str
    civil_registry_url: str
    barred_register_url: str
    civil_registry_feed_s: float = Field(default=5.0, ge=0)
    """Seconds between two looks at the civil registry's feed of deaths, births and moves; 0: it has none."""
    folder: Path
    upload_limit_mb: int = Field(default=512, ge=1)
    """Largest file taken, in MB."""
    rows_at_once: int = Field(default=4_000, ge=1)
    """Rows of a chunk, which is judged and reported in one piece: few enough that household begins early and little is
    held in memory, many enough for COPY."""
    reader_memory_mb: int = Field(default=3_000, ge=256)
    """Address space of each process that opens a sheet or splits a file, in MB: what it holds is up to a third less."""
    reader_time_s: int = Field(default=120, ge=1)
    """CPU time of each of these processes."""
    photo_limit_mb: int = Field(default=15, ge=1)
    """Largest file of a photo taken, in MB."""
    photo_store: str | None = None
    """Where photos are kept, `s3://BUCKET/PREFIX`; without it they lie in `folder`."""


def schemas(settings: DatabaseSettings) -> list[Schema]:
    """The service's one database."""
    return [Schema(settings.database_url, settings.database_owner_url, ("padan_runtime", "padan_registry_ingest"))]
