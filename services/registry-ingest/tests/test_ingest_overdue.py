"""Deciles whose person came back without an event: a rebuild of the person index sends none."""

from pathlib import Path

from ingest_process import Ingest, wait_for
from padan_events import decode
from padan_events.intake import Accepted, RankingReported


def test_a_decile_goes_out_whose_person_a_rebuild_of_the_index_restored(ingest: Ingest, tmp_path: Path) -> None:
    late = "3318011708900002"
    household = ingest.register(late, "3318010101200002")
    wait_for(lambda: ingest.count("person_index") == 1)
    with ingest.database.transaction() as connection:
        lost = connection.execute("DELETE FROM person_index RETURNING *").fetchone()
    assert lost is not None
    path = tmp_path / "ranking.csv"
    path.write_text(f"DESIL,NIK\n5,{late}\n4,3318015708900001\n")
    upload_id = ingest.upload(path)
    assert ingest.until(upload_id, "deciding", "done")["waiting"] == 2
    with ingest.database.transaction() as connection:  # as a rebuild does: no event comes of it
        connection.execute("INSERT INTO person_index VALUES (%s, %s, %s, %s)", lost)
    ingest.stop()
    ingest.start()
    (event,) = wait_for(ingest.intake)
    data = decode(event.type, event.value)
    assert isinstance(data, RankingReported)
    assert (data.household_id, data.decile, data.origin.row) == (household, 5, 1)
    assert ingest.count("ranking_waiting") == 1, "whose person is not there waits on"
    accepted = Accepted(report_id=event.event_id, household_id=household, origin=data.origin, positions=())
    ingest.answer([accepted])
    done = wait_for(lambda: (found := ingest.document(upload_id))["outcomes"]["accepted"] == 1 and found)
    assert (done["waiting"], done["outcomes"]["pending"]) == (1, 0)
