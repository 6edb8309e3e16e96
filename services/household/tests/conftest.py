"""Fixtures of this service's tests."""

import os
from collections.abc import Iterator

import pytest
from household_given import Parts
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_runtime.database import Database


@pytest.fixture
def household_urls(make_database: MakeDatabase) -> tuple[str, str]:
    """A fresh database of this service, as the service and as its owner."""
    return make_database("household")


@pytest.fixture
def database(household_urls: tuple[str, str]) -> Iterator[Database]:
    """The same, open."""
    opened = Database(household_urls[0], name="household-test", size=16)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def keyring_database(make_database: MakeDatabase) -> Iterator[Database]:
    """A fresh keyring."""
    opened = Database(make_database("keyring").url, name="keyring-test")
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def parts(database: Database, keyring_database: Database) -> Parts:
    """The service's parts over fresh databases."""
    return Parts(database, keyring_database, os.urandom(32))
