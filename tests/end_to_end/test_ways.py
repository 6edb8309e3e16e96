"""Every way to send, on the whole platform: in pieces over a line that is cut, corrected, checked only, given up."""

import csv
import io
import threading
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from batch_hold import held
from journeys import Stack
from oracle import DATABASE_OF, check_everything, come_to_rest, count, heads, query, wait_until
from padan_cli.ingest import Gateway
from padan_cli.pieces import Pieces
from padan_cli.platform import PlatformError
from registration_book import sheets, write
from rich.console import Console

ROWS = 600


def total(stack: Stack) -> dict[str, int]:
    return {topic: sum(heads(stack.platform, topic).values()) for topic in DATABASE_OF}


def ingest_database(stack: Stack) -> str:
    return stack.platform.database_url("postgres", "padan").rpartition("/")[0] + "/registry_ingest"


def test_a_file_whose_line_is_cut_and_whose_service_dies_goes_on_and_arrives_once(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(ROWS, tmp_path)
    stack.load(batch.base)
    come_to_rest(stack.platform)
    notes, content = tmp_path / "under-way", batch.registration.read_bytes()

    def line_is_cut(_: httpx.Request) -> None:
        raise httpx.ConnectError("the line is cut")

    # The first run: some of the file arrives, then the line is gone for good.
    headers = {"Authorization": f"Bearer {stack.token()}"}
    url = stack.platform.url("gateway")
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        version = {"Tus-Resumable": "1.0.0"}
        begun = client.post("/v1/uploads", headers=version | {"Upload-Length": str(len(content))})
        assert begun.status_code == 201, begun.text
        upload_id = begun.json()["upload_id"]
        third = len(content) // 3
        piece = version | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        answer = client.patch(f"/v1/uploads/{upload_id}", content=content[:third], headers=piece)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(third))
        # Its service dies while the next piece is on its way.
        on_its_way, dead = threading.Event(), threading.Event()

        def slowly() -> Any:
            yield content[third : third + 1_000]
            on_its_way.set()
            dead.wait(60)
            yield content[third + 1_000 : 2 * third]

        def send() -> None:
            client.patch(f"/v1/uploads/{upload_id}", content=slowly(), headers=piece | {"Upload-Offset": str(third)})

        sending = threading.Thread(target=send)
        sending.start()
        assert on_its_way.wait(30)
        stack.platform.kill("registry-ingest")
        dead.set()
        sending.join(60)
        client.event_hooks = {"request": [line_is_cut], "response": []}
        pieces = Pieces(client, notes, refused=lambda _: PlatformError("x", "x", "x"), patience_s=0.1)
        note = pieces._note_of(batch.registration)
        notes.mkdir()
        note.write_text(upload_id)
        with pytest.raises(PlatformError) as error:
            pieces.send(batch.registration, lambda _: None)
        assert error.value.code == "upload_interrupted"
    stack.platform.wait_ready("registry-ingest")

    # The second run of the same command goes on where it was: what was acknowledged is not sent again.
    offsets: list[int] = []
    with stack.gateway() as gateway:
        gateway._client.event_hooks = {
            "request": [
                lambda request: (
                    offsets.append(int(request.headers["Upload-Offset"])) if request.method == "PATCH" else None
                )
            ],
            "response": [],
        }
        upload = gateway.upload_in_pieces(batch.registration, notes, Console(quiet=True))
        *_, document = gateway.follow(upload)
    assert offsets
    assert third <= offsets[0] <= third + 1_000
    assert (document["state"], document["valid"]) == ("done", batch.expected.valid)
    assert list(notes.iterdir()) == []
    assert count(stack.platform, "registry_ingest", "SELECT count(*) FROM partial_upload") == 0
    come_to_rest(stack.platform)
    check_everything(stack.platform)


def test_rejected_rows_are_corrected_and_sent_back_and_only_they_are_taken(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(ROWS, tmp_path)
    first = stack.load(batch.registration)
    come_to_rest(stack.platform)
    with stack.http() as http:
        answer = http.get(f"/v1/batches/{first['upload_id']}/rejected.xlsx", headers={"Padan-Purpose": "correction"})
    path = tmp_path / "rejected.xlsx"
    path.write_bytes(answer.content)
    rejected, members = sheets(path)

    # What a clerk does with the names that differ: the civil registry's spelling, here known from the generator.
    right = pl.read_parquet(batch.civil_registry / "people.parquet")
    names = dict(right.select("nik", "name").iter_rows())
    differs = pl.col("ALASAN_KODE").str.split(" ").list.eval(pl.element() == "name_differs").list.any()
    only_name = (pl.col("ALASAN_KODE") == "name_differs") & differs
    mended = rejected.filter(only_name).height
    assert mended > 0
    corrected = rejected.with_columns(
        pl.when(only_name)
        .then(pl.col("NIK").replace_strict(names, default=pl.col("NAMA")))
        .otherwise("NAMA")
        .alias("NAMA")
    )
    before = count(stack.platform, "gateway", "SELECT count(*) FROM household_view")
    with stack.gateway() as gateway:
        upload = gateway.upload_in_pieces(
            write(path, corrected, members), tmp_path / "notes", Console(quiet=True), corrects=first["upload_id"]
        )
        *_, second = gateway.follow(upload)
    assert second["state"] == "done", second["problem"]
    correction = second["correction"]
    assert correction["of"] == first["upload_id"]
    assert correction["now_valid"] >= mended
    classes = ("unchanged", "now_valid", "still_invalid", "changed_accepted", "new")
    assert sum(correction[name] for name in classes) == second["rows"] == rejected.height
    # What was accepted is not in this file: it is said, and stays.
    assert correction["removed_registered"] >= first["outcomes"]["accepted"] - correction["unchanged"]
    come_to_rest(stack.platform)
    check_everything(stack.platform)
    assert count(stack.platform, "gateway", "SELECT count(*) FROM household_view") == (
        before + second["outcomes"]["accepted"]
    )

    # The whole file with one registered family altered: nobody is registered a second time, and it is said.
    recipients, people = sheets(batch.registration)
    with stack.http() as http:
        rows = http.get(f"/v1/batches/{first['upload_id']}/rows.csv", headers={"Padan-Purpose": "correction"}).content
    accepted = [
        int(row["BARIS"]) for row in csv.DictReader(io.StringIO(rows.decode("utf-8-sig"))) if not row["ALASAN_KODE"]
    ]
    number = pl.int_range(1, pl.len() + 1)
    altered = recipients.with_columns(
        pl.when(number == accepted[0]).then(pl.lit("JALAN LAIN 9")).otherwise("ALAMAT").alias("ALAMAT")
    )
    was = total(stack)
    with stack.http() as http, write(tmp_path / "altered.xlsx", altered, people).open("rb") as file:
        sent = http.post("/v1/batches", files={"file": file}, data={"corrects": first["upload_id"]})
    with stack.gateway() as gateway:
        *_, third = gateway.follow(sent.json()["upload_id"])
    come_to_rest(stack.platform)
    assert third["correction"]["changed_accepted"] == 1
    assert third["correction"]["unchanged"] == len(accepted) - 1
    assert third["first_reasons"]["already_registered"] == 1
    assert total(stack)["household.events.v1"] == was["household.events.v1"]
    check_everything(stack.platform)


def checked(gateway: Gateway, path: Path, purpose: str = "verification") -> tuple[dict[str, Any], list[dict[str, str]]]:
    check_id = gateway.send_list(path, purpose)
    found: dict[str, Any] = {}
    done = threading.Event()
    while not done.wait(0.1):
        found = gateway.get(f"/v1/list-checks/{check_id}")
        if found["state"] in ("done", "failed"):
            done.set()
    assert found["state"] == "done", found["problem"]
    target = path.with_suffix(".out.csv")
    gateway.save(f"/v1/list-checks/{check_id}/rows.csv", target, purpose=purpose)
    return found, list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig"))))


def test_a_list_is_checked_read_only_and_by_role(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(200, tmp_path)
    stack.load(batch.base)
    stack.load(batch.ranking)
    come_to_rest(stack.platform)
    was = total(stack)
    recipients, _ = sheets(batch.base)
    one, two, three = (recipients.row(n, named=True) for n in range(3))
    nobody = "3318010101990009"
    path = tmp_path / "daftar.csv"
    path.write_text(
        "No KTP;Nama Lengkap;Tanggal Lahir\n"
        f"{one['NIK']};{one['NAMA'].lower()};{one['TGL_LAHIR']}\n"
        f"{two['NIK']};ORANG LAIN SAMA SEKALI;01-01-1901\n"
        f"{three['NIK']};;\n"
        f"{one['NIK']};;\n"
        f"{nobody};SIAPA;\n"
        "12345;PENDEK;\n"
    )
    ((before,),) = query(stack.platform, "gateway", "SELECT coalesce(max(entry_id), 0) FROM access_log")
    with stack.gateway() as gateway:
        found, rows = checked(gateway, path)
    assert [row["HASIL_KODE"] for row in rows] == [
        "registered", "registered", "registered", "duplicate_in_list", "not_registered", "nik_invalid",
    ]  # fmt: skip
    assert [bool(row["DIFFERS"]) for row in rows] == [False, True, False, False, False, False]
    assert found["results"] == {
        "registered": 3, "not_registered": 1, "nik_invalid": 1, "duplicate_in_list": 1,
        "name_differs": 1, "birth_date_differs": 1,
    }  # fmt: skip
    assert all(found["words"][code]["next_id"] and found["words"][code]["next_en"] for code in found["results"])
    assert {row["DESIL"] for row in rows[:3]} <= {"", "1-4", "5", "6-10"}

    # Another regency learns that they are registered elsewhere, not where; its agency not even that.
    for role, result in (("social_office", "registered_elsewhere"), ("agency", "not_registered")):
        with stack.gateway(role=role, region="3319") as gateway:
            _, rows = checked(gateway, path)
        assert [row["HASIL_KODE"] for row in rows[:3]] == [result] * 3
        assert not any(row.get("DIFFERS") or row["DESIL"] for row in rows)
    with stack.gateway(role="agency") as gateway:
        _, rows = checked(gateway, path)
    assert [row["HASIL_KODE"] for row in rows[:3]] == ["registered"] * 3
    assert not {"BERBEDA", "DIFFERS"} & set(rows[0])

    logged = query(
        stack.platform,
        "gateway",
        "SELECT role, rows FROM access_log WHERE action = 'check_list' AND entry_id > %s ORDER BY entry_id",
        before,
    )
    assert logged == [(role, 6) for role in ("social_office", "social_office", "agency", "agency") for _ in range(2)]
    with stack.http(role="village_operator") as http:
        refused = http.post("/v1/list-checks", files={"file": b"NIK\n1\n"}, headers={"Padan-Purpose": "verification"})
        assert (refused.status_code, refused.json()["code"]) == (403, "role_forbidden")
    with stack.http() as http:
        refused = http.post("/v1/list-checks", files={"file": b"NIK\n1\n"})
        assert (refused.status_code, refused.json()["code"]) == (403, "purpose_missing")
    come_to_rest(stack.platform)
    assert total(stack) == was


def test_a_batch_is_cancelled_in_the_middle_and_sent_again(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(ROWS, tmp_path)
    stack.load(batch.base)
    come_to_rest(stack.platform)
    with stack.gateway() as gateway:
        upload = gateway.upload(batch.registration)
        with held(ingest_database(stack), upload, lambda point: point.in_the_middle):
            cancelling = threading.Thread(target=gateway.cancel, args=(upload,))
            cancelling.start()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
            wait_until(
                lambda: query(stack.platform, "registry_ingest", waiting, "%FOR UPDATE%")[0][0] > 0, "it is asked for"
            )
        cancelling.join(60)
        stack.platform.kill("registry-ingest")
        stack.platform.wait_ready("registry-ingest")
        *_, ended = gateway.follow(upload)
        assert ended["state"] == "cancelled"
        assert 0 < ended["reported_to"] < ROWS
        *_, again = gateway.follow(gateway.upload(batch.registration))
        assert (again["state"], again["valid"]) == ("done", batch.expected.valid)
        assert again["matched"] > 0
        with pytest.raises(PlatformError) as error:
            gateway.cancel(again["upload_id"])
        assert error.value.code == "batch_finished"
    come_to_rest(stack.platform)
    check_everything(stack.platform)
