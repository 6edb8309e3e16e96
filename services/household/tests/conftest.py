"""Fixtures of this service's tests."""

import os
from collections.abc import Callable, Iterator

import pytest
from household_given import Parts
from padan_runtime.database import Database, migrate

MakeDatabase = Callable[[str], tuple[str, str]]


@pytest.fixture
def household_urls(make_database: MakeDatabase) -> tuple[str, str]:
    """A fresh database of this service, as the service and as its owner."""
    return make_database("household")


@pytest.fixture
def database(household_urls: tuple[str, str]) -> Iterator[Database]:
    """The same, migrated."""
    url, owner_url = household_urls
    migrate(owner_url, ["padan_runtime", "padan_household"], grant_to="household")
    opened = Database(url, name="household-test", size=16)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def keyring_database(make_database: MakeDatabase) -> Iterator[Database]:
    """A fresh, migrated keyring."""
    url, owner_url = make_database("keyring")
    migrate(owner_url, ["padan_household.keyring"], grant_to="keyring")
    opened = Database(url, name="keyring-test")
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def parts(database: Database, keyring_database: Database) -> Parts:
    """The service's parts over fresh databases."""
    return Parts(database, keyring_database, os.urandom(32))
