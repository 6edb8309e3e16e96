"""What each service says of its projections is true of the tables that its migrations make."""

from typing import Any

import psycopg
import pytest
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.facts import rebuilding as facts
from padan_eligibility.payments import rebuilding as payments
from padan_eligibility.places import rebuilding as places
from padan_eligibility.reviews import rebuilding as reviews
from padan_gateway.views import rebuilding as gateway
from padan_household.claims import rebuilding as household
from padan_registry_ingest.persons import rebuilding as registry_ingest
from padan_runtime.rebuild.comparing import compare
from padan_runtime.rebuild.view import View

NOTHING: Any = None
"""In the place of keys, which these tests do not ask for."""
VIEWS: list[tuple[str, View]] = [
    ("eligibility", facts.view(NOTHING)),
    ("eligibility", places.view()),
    ("eligibility", reviews.view()),
    ("eligibility", payments.view()),
    ("gateway", gateway.view(NOTHING)),
    ("household", household.view(NOTHING)),
    ("registry_ingest", registry_ingest.view(NOTHING)),
]


@pytest.mark.parametrize(("service", "view"), VIEWS, ids=[view.name for _, view in VIEWS])
def test_every_table_of_a_projection_can_be_compared_by_its_primary_key(
    service: str, view: View, make_database: MakeDatabase
) -> None:
    _, owner_url = make_database(service)
    with psycopg.connect(owner_url) as connection:
        for table in view.tables:
            keys = connection.execute(
                "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) "
                "WHERE indrelid = %s::regclass AND indisprimary",
                [table.name],
            ).fetchall()
            assert {name for (name,) in keys} == set(table.key), table.name
            assert compare(connection, "public", table, []).count == 0, table.name
