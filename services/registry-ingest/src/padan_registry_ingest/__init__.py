"""registry-ingest: reads registration and ranking files, validates and matches them, reports."""

from typing import Final
from uuid import UUID

SERVICE: Final = "registry-ingest"
SOURCE: Final = "/padan/registry-ingest"
ACTOR: Final = "service:registry-ingest"

NAMESPACE: Final = UUID("0d6b0c0e-6c0a-5f0f-9d57-7f3a1f5d3318")
"""Namespace of batch ids: `uuid5(NAMESPACE, digest of the file's rows)`."""
