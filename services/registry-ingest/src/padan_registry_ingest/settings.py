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
    folder: Path
    upload_limit_mb: int = Field(default=512, ge=1)
    """Largest file taken, in MB."""
    rows_at_once: int = Field(default=2_000, ge=1)
    """Rows reported in one transaction: small enough that household begins early, large enough for COPY."""
    reader_memory_mb: int = Field(default=1024, ge=256)
    """Address space of the process that opens a sheet, in MB."""
    reader_time_s: int = Field(default=120, ge=1)
    """CPU time of the process that opens a sheet."""


def schemas(settings: DatabaseSettings) -> list[Schema]:
    """The service's one database."""
    return [Schema(settings.database_url, settings.database_owner_url, ("padan_runtime", "padan_registry_ingest"))]
