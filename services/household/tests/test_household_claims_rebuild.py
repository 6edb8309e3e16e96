"""The claims are rebuilt from the store and the keyring, while reports are decided."""

import asyncio
import os
import threading

from household_given import Parts
from padan_cli.platform import Platform
from padan_household.claims.rebuilding import view
from padan_runtime.database import Database
from padan_runtime.rebuild.run import Rebuild
from padan_runtime.rebuild.view import Report


def test_damaged_claims_are_mended_from_the_store_while_reports_are_decided(
    platform: Platform, database: Database, keyring_database: Database
) -> None:
    parts = Parts(database, keyring_database, os.urandom(32))
    parts.decide(*(parts.intake.household(row) for row in range(40)))
    whole = parts.claims()

    def rebuild() -> Report:
        owner_url = platform.database_url(database.url.rpartition("/")[2], "household_owner")
        made = Rebuild(view(parts.keyring), url=database.url, owner_url=owner_url, kafka="127.0.0.1:9")
        return asyncio.run(made.run(verify=True))

    assert rebuild().different == 0
    lost, altered = sorted(whole)[:2]
    with database.transaction() as connection:
        connection.execute("DELETE FROM person_claim WHERE nik_hash = %s", [lost])
        connection.execute("UPDATE person_claim SET membership_seq = 7 WHERE nik_hash = %s", [altered])
        connection.execute(
            "INSERT INTO person_claim SELECT %s, gen_random_uuid(), household_id, 1 FROM person_claim "
            "WHERE nik_hash = %s",
            [bytes(32), altered],
        )
    later = [[parts.intake.household(row)] for row in range(40, 70)]

    def write() -> None:
        for batch in later:
            parts.decide(*batch)

    writer = threading.Thread(target=write)
    writer.start()
    report = rebuild()
    writer.join()
    found = report.differences["person_claim"]
    assert (found.missing, found.surplus, found.altered) == (1, 1, 1)
    assert set(found.households) == {str(whole[lost]), str(whole[altered])}
    again = rebuild()
    assert (again.different, again.left_out) == (0, ())
    assert parts.claims().items() >= whole.items()
    assert len(set(parts.claims().values())) == 70
