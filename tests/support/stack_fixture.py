"""A whole platform for the tests that cross services: every process real, on an instance of its own."""

import os
import shutil
from collections.abc import Iterator

import pytest
from journeys import Stack
from padan_cli.platform import Instance, Platform
from padan_cli.platform.instance import project_root


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """All services up, nothing loaded yet. Tests share it, and each brings people of its own."""
    folder = project_root() / ".padan" / f"test-stack-{os.getpid()}"
    # With logins and rules, as `padan up` and the demo: what a service lacks a right for shows here.
    platform = Platform(Instance(folder, secure_kafka=True), bound=True)
    # Small enough that a test reaches it, large enough for every batch of the tests; and so few rows at once that a
    # batch can be met in the middle.
    platform.instance.configure("registry-ingest", PADAN_UPLOAD_LIMIT_MB="8", PADAN_ROWS_AT_ONCE="100")
    try:
        platform.up()
        yield Stack(platform)
    finally:
        platform.down()
    shutil.rmtree(folder)
