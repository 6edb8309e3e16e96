"""registry-ingest: reads files of registrations, rankings and deaths, validates and matches them, reports."""

import os
from typing import Final
from uuid import UUID

SERVICE: Final = "registry-ingest"
SOURCE: Final = "/padan/registry-ingest"
ACTOR: Final = "service:registry-ingest"

NAMESPACE: Final = UUID("0d6b0c0e-6c0a-5f0f-9d57-7f3a1f5d3318")
"""Namespace of batch ids: `uuid5(NAMESPACE, digest of the file's rows)`."""

# Polars' allocator reads its settings once, when it is loaded, so they stand before any import of it. Freed pages go
# back at once; its own default keeps them until the system is short of memory (364 MB instead of 286 at the peak).
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:100,muzzy_decay_ms:0")
