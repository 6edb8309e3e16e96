"""Who is recorded as dead in a family that has left the register: told before household has to refuse them."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import polars as pl
import pytest
from ingest_process import Ingest, wait_for
from padan_events.dying import DeathReversed, MemberDied, ToldBy
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Reactivated
from padan_simulators.pati import PatiBatch
from registration_book import sheets

ON = date(2026, 1, 10)
DEAD, ALIVE, STRANGER = "3318015708600001", "3318011708600002", "3318011708600003"
CARD, ANOTHER = "3318010101200001", "3318010101200002"
ALL = {"Padan-Shows": "status,differences,decile_group"}


@pytest.fixture
def gone(ingest: Ingest) -> UUID:
    """The household of somebody whose death ended it; somebody else's was given up while they lived."""
    gone, given_up = ingest.register(DEAD, CARD), ingest.register(ALIVE, ANOTHER)
    of = person_of(gone)
    ingest.tell(
        MemberDied(**of, occurred_on=ON, source=ToldBy.CRVS_FEED),
        closed(gone),
        closed(given_up),
    )
    wait_for(lambda: nobody_is_active(ingest))
    return gone


def person_of(household: UUID) -> dict[str, Any]:
    return {
        "household_id": household, "regency": "3318", "person_id": uuid5(household, "person:0"), "membership_seq": 1,
    }  # fmt: skip


def closed(household: UUID) -> Deactivated:
    return Deactivated(household_id=household, regency="3318", reason=DeactivateReason.LAST_MEMBER_DIED, occurred_on=ON)


def nobody_is_active(ingest: Ingest) -> bool:
    with ingest.database.transaction() as connection:
        rows = connection.execute("SELECT active FROM household_index").fetchall()
    return [active for (active,) in rows] == [False, False]


def rows_of(ingest: Ingest, upload_id: str) -> list[dict[str, str]]:
    lines = ingest.get(f"/batches/{upload_id}/rows.csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(lines)))


def asked(ingest: Ingest) -> tuple[str, list[tuple[bool, bool]]]:
    """A check of the three, and of each whether the register holds them, and has them as dead."""
    content = f"NIK\n{DEAD}\n{ALIVE}\n{STRANGER}\n".encode()
    check_id = str(uuid4())
    headers = {**ingest.headers(), **ALL, "Padan-Upload-Id": check_id}
    assert ingest.http.post("/list-checks", files={"file": content}, headers=headers).status_code == 202
    questions = wait_for(lambda: ingest.get(f"/list-checks/{check_id}/questions").json()["items"])
    return check_id, [(one["known"], one["dead"]) for one in questions]


def test_a_dry_run_says_who_is_recorded_dead_and_a_real_file_leaves_it_to_household(
    ingest: Ingest, pati: PatiBatch, tmp_path: Path
) -> None:
    recipients, members = sheets(pati.base)
    one = recipients.row(0, named=True)
    others = (pl.col("NO_KK") == one["NO_KK"]) & (pl.col("NIK") != one["NIK"]) & pl.col("TGL_LAHIR").is_not_null()
    other = members.filter(others).row(0, named=True)
    # The next of the family stands below them, with the same card: in both files that row repeats the first.
    below = pl.DataFrame([{**one, **{name: other[name] for name in ("NIK", "NAMA", "TGL_LAHIR", "JENIS_KELAMIN")}}])
    file = tmp_path / "penerima.csv", tmp_path / "anggota.csv"
    pl.concat([recipients[:1], below, recipients[1:3]]).write_csv(file[0])
    members.filter(pl.col("NO_KK") == recipients["NO_KK"][1]).write_csv(file[1])
    home = ingest.register(one["NIK"], one["NO_KK"])
    ingest.tell(MemberDied(**person_of(home), occurred_on=ON, source=ToldBy.CRVS_FEED), closed(home))
    wait_for(lambda: ingest.count("person_death") == 1)

    dry = ingest.upload(*file, dry_run="true")
    found = ingest.until(dry, "dry_run_done", "failed")
    assert found["first_reasons"] == {"recorded_dead": 1, "family_card_duplicate": 1}
    assert "tercatat meninggal" in found["reasons"]["recorded_dead"]["id"]
    assert all(found["reasons"]["recorded_dead"].values())
    assert [row["ALASAN_KODE"] for row in rows_of(ingest, dry)] == ["recorded_dead", "family_card_duplicate", "", ""]
    assert ingest.intake() == []

    real = ingest.until(ingest.upload(*file), "deciding", "done", "failed")
    assert real["first_reasons"] == {"family_card_duplicate": 1}
    assert len(ingest.intake()) == 3


def test_a_list_says_who_is_recorded_dead_until_the_death_is_taken_back(ingest: Ingest, gone: UUID) -> None:
    check_id, known = asked(ingest)
    assert known == [(False, True), (False, False), (False, False)]
    found: list[list[Any]] = [[1, "recorded_dead", [], None], *([n, "not_registered", [], None] for n in (2, 3))]
    answer = ingest.http.post(
        f"/list-checks/{check_id}/answers", json={"after": 0, "items": found}, headers=ingest.headers()
    )
    assert answer.json()["state"] == "done"

    def told(shows: str) -> dict[str, Any]:
        headers = {**ingest.headers(), "Padan-Shows": shows}
        return dict(ingest.http.get(f"/list-checks/{check_id}", headers=headers).json())

    assert told("status,differences")["results"] == {"recorded_dead": 1, "not_registered": 2}
    assert "civil registry" in told("status,differences")["words"]["recorded_dead"]["next_en"]
    assert told("status")["results"] == {"not_registered": 3}, "that somebody has died is a detail"

    ingest.tell(
        DeathReversed(**person_of(gone), occurred_on=ON, source=ToldBy.CRVS_FEED),
        Reactivated(household_id=gone, regency="3318", to=State.PROPOSED, occurred_on=ON),
    )
    wait_for(lambda: ingest.count("person_death") == 0)
    assert asked(ingest)[1] == [(True, False), (False, False), (False, False)]


def test_who_died_in_a_family_that_goes_on_is_held_by_it(ingest: Ingest) -> None:
    home = ingest.register(DEAD, CARD)
    ingest.tell(MemberDied(**person_of(home), occurred_on=ON, source=ToldBy.CRVS_FEED))
    wait_for(lambda: ingest.count("person_death") == 1)
    assert asked(ingest)[1] == [(True, False), (False, False), (False, False)]
