"""A batch from spreadsheet to last view, on the whole platform."""

import csv
import io
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import fastexcel
import httpx
import polars as pl
import pytest
from journeys import Stack
from oracle import check_everything, come_to_rest, count, heads, on_kafka, query
from padan_cli.platform.prerequisites import require_java
from padan_events import TOPICS, decode
from padan_events.eligibility import Decided
from padan_events.topics import EVENT_TOPICS
from padan_simulators.pati import PatiBatch

ROWS = 1_500


@pytest.fixture(scope="module")
def batch(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> PatiBatch:
    return stack.invent(ROWS, tmp_path_factory.mktemp("batch"), csv=True)


@pytest.fixture(scope="module")
def report(stack: Stack, batch: PatiBatch) -> dict[str, Any]:
    """The batch, loaded once behind its earlier register."""
    base = stack.load(batch.base)
    assert (base["state"], base["valid"], base["invalid"]) == ("done", batch.expected.base_rows, 0)
    # registry-ingest's look at the register is preliminary: it must have read the earlier file to find its people.
    come_to_rest(stack.platform)
    document = stack.load(batch.registration)
    come_to_rest(stack.platform)
    return document


def total(stack: Stack) -> dict[str, int]:
    return {topic: sum(heads(stack.platform, topic).values()) for topic in EVENT_TOPICS}


def test_the_report_finds_what_the_generator_put_in(batch: PatiBatch, report: dict[str, Any]) -> None:
    assert report["state"] == "done"
    assert (report["rows"], report["valid"]) == (ROWS, batch.expected.valid)
    found = {code: n for code, n in report["first_reasons"].items() if n}
    assert found == {code: n for code, n in batch.expected.by_first_reason.items() if n}
    assert report["outcomes"] == {"accepted": batch.expected.valid, "refused": 0, "pending": 0}
    districts = [r for r in report["by_region"] if r["level"] == "district"]
    assert sum(r["valid"] for r in districts) == batch.expected.valid
    for text in report["reasons"].values():
        assert all(text[key] for key in ("id", "en", "next_id", "next_en"))


def test_accepted_is_stored_is_on_kafka_is_in_every_view(stack: Stack, report: dict[str, Any]) -> None:
    types = check_everything(stack.platform)
    assert types["proposed"] == types["identity_matched"] >= report["valid"]


def test_the_same_file_again_changes_nothing_in_whatever_form(
    stack: Stack, batch: PatiBatch, report: dict[str, Any]
) -> None:
    before = total(stack)
    again = stack.load(batch.registration)
    assert (again["state"], again["repeat_of"]) == ("repeated", report["upload_id"])
    assert batch.registration_csv is not None
    recipients, members = batch.registration_csv
    as_csv = stack.load(recipients, members=members)
    # A CSV shows what the spreadsheet hid: the damaged NIKs read otherwise, so this is another file of the same
    # people. Whoever is in the register under the same family card is matched; nothing new is registered.
    if as_csv["state"] != "repeated":
        assert as_csv["matched"] == batch.expected.valid
    come_to_rest(stack.platform)
    assert total(stack) == before


def test_a_dry_run_reports_the_same_and_registers_nothing(stack: Stack, tmp_path: Path) -> None:
    fresh = stack.invent(300, tmp_path)
    come_to_rest(stack.platform)
    before = total(stack)
    document = stack.load(fresh.registration, dry_run=True)
    assert document["state"] == "dry_run_done"
    # Its earlier register was never loaded, so nobody is a duplicate of it.
    missing = fresh.expected.by_first_reason["duplicate_in_register"]
    assert document["valid"] == fresh.expected.valid + missing
    come_to_rest(stack.platform)
    assert total(stack) == before


def test_the_rejected_rows_come_back_ready_to_correct(
    stack: Stack, batch: PatiBatch, report: dict[str, Any], tmp_path: Path
) -> None:
    with stack.http() as http:
        answer = http.get(f"/v1/batches/{report['upload_id']}/rejected.xlsx", headers={"Padan-Purpose": "correction"})
    assert answer.status_code == 200
    path = tmp_path / "rejected.xlsx"
    path.write_bytes(answer.content)
    sheets = fastexcel.read_excel(path)
    assert {"penerima", "anggota"} <= set(sheets.sheet_names)
    rejected = pl.DataFrame(sheets.load_sheet("penerima", dtypes="string"))
    assert len(rejected) == ROWS - batch.expected.valid
    as_boolean = pl.DataFrame(
        fastexcel.read_excel(path).load_sheet("penerima", dtypes={"NIK": "boolean"}, use_columns=["NIK"])
    )
    assert as_boolean["NIK"].null_count() == len(rejected), "a NIK was written as a number"
    lost = rejected.filter(pl.col("ALASAN_KODE").str.contains("nik_lost_digits"))
    assert len(lost) >= batch.expected.by_first_reason["nik_lost_digits"] > 0
    assert not lost["NIK"].str.contains(r"^[0-9]{16}$").any(), "a number that lost digits came back as good text"
    again = stack.load(path)
    assert (again["state"], again["rows"]) == ("done", len(rejected))
    assert again["every_reason"]["nik_lost_digits"] == len(lost)
    assert (
        again["valid"]
        <= batch.expected.by_first_reason["duplicate_in_file"] + batch.expected.by_first_reason["family_card_duplicate"]
    )
    come_to_rest(stack.platform)


def test_every_row_can_be_downloaded_with_its_reasons(stack: Stack, batch: PatiBatch, report: dict[str, Any]) -> None:
    with stack.http() as http:
        answer = http.get(f"/v1/batches/{report['upload_id']}/rows.csv", headers={"Padan-Purpose": "correction"})
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == ROWS
    assert not [cell for row in rows for cell in row.values() if cell and cell[0] in "=+-@\t\r"]


def test_a_late_ranking_changes_decisions(stack: Stack, batch: PatiBatch, report: dict[str, Any]) -> None:
    del report

    def outcomes() -> Counter[tuple[str, str]]:
        rows = query(stack.platform, "gateway", "SELECT programme, outcome FROM decision_view")
        return Counter((programme, outcome) for programme, outcome in rows)

    before = outcomes()
    document = stack.load(batch.ranking)
    assert document["state"] == "done"
    come_to_rest(stack.platform)
    after = outcomes()
    assert after[("pkh", "entitled")] > before[("pkh", "entitled")]
    assert after[("sembako", "undetermined")] < before[("sembako", "undetermined")]
    assert {outcome for _, outcome in after} == {"entitled", "not_entitled", "undetermined"}
    assert document["waiting"] > 0
    check_everything(stack.platform)


def test_who_was_ranked_before_being_registered_is_ranked_on_arrival(stack: Stack, tmp_path: Path) -> None:
    fresh = stack.invent(200, tmp_path)
    early = stack.load(fresh.ranking)
    assert early["waiting"] > 0
    assert early["valid"] == 0, "somebody was ranked who is not in the register"
    stack.load(fresh.registration)
    come_to_rest(stack.platform)
    waiting = count(
        stack.platform,
        "registry_ingest",
        "SELECT count(*) FROM ranking_waiting w JOIN person_index p ON p.nik_hash = w.nik_hash",
    )
    assert waiting == 0
    check_everything(stack.platform)


def test_kafka_logs_and_metrics_hold_no_personal_data(stack: Stack, batch: PatiBatch, report: dict[str, Any]) -> None:
    del report
    recipients = pl.DataFrame(fastexcel.read_excel(batch.registration).load_sheet("penerima", dtypes="string"))
    members = pl.DataFrame(fastexcel.read_excel(batch.registration).load_sheet("anggota", dtypes="string"))
    secrets = {
        value
        for frame, columns in ((recipients, ("NIK", "NO_KK", "NAMA", "ALAMAT")), (members, ("NIK", "NAMA")))
        for column in columns
        for value in frame[column].drop_nulls()
        if len(value) >= 10
    }
    assert len(secrets) > ROWS
    # One pass over each text: what could be a number, a word or a phrase is taken out, then looked up.
    numbers = {secret for secret in secrets if secret.isdigit()}
    words = {secret for secret in secrets if secret.isalpha()}
    phrases = secrets - numbers - words

    def check(text: str, where: str) -> None:
        assert not numbers & set(re.findall(r"\d{16}", text)), where
        assert not words & set(re.findall(r"[^\W\d_]{10,}", text)), where
        spaced = "\n".join({piece for piece in re.split(r'["\n]', text) if " " in piece})
        assert not [phrase for phrase in phrases if phrase in spaced], where

    for topic in TOPICS:
        texts = [f"{event.key} {event.actor} {event.value.decode()}" for event in on_kafka(stack.platform, topic)]
        check("\n".join(texts), topic)
    for log in (stack.platform.instance.folder / "logs").iterdir():
        check(log.read_text(errors="replace"), log.name)
    for service in ("registry-ingest", "household", "eligibility", "gateway"):
        check(httpx.get(f"{stack.platform.url(service)}/metrics", timeout=10, trust_env=False).text, service)


def test_kafkas_own_console_consumer_reads_cloudevents(stack: Stack, report: dict[str, Any]) -> None:
    del report
    java, _ = require_java()
    jars = stack.platform.instance.servers / "kafka"
    ended = subprocess.run(
        [
            str(java), "-cp", f"{jars}/*", "org.apache.kafka.tools.consumer.ConsoleConsumer",
            "--bootstrap-server", stack.platform.kafka,
            "--command-config", str(stack.platform.instance.secrets / "integrator" / "kafka.properties"),
            "--topic", "household.events.v1", "--from-beginning",
            "--max-messages", "5", "--formatter-property", "print.headers=true",
            "--formatter-property", "print.key=true",
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    lines = ended.stdout.splitlines()
    assert len(lines) == 5, ended.stderr[-500:]
    for line in lines:
        headers, key, value = line.split("\t", 2)
        assert headers.startswith("ce_specversion:1.0,ce_id:")
        type_ = re.search(r"ce_type:([^,]+)", headers)
        assert type_ is not None
        data: Any = decode(type_.group(1), value.encode())
        assert str(data.household_id) == key


def test_a_decision_is_explained_in_words_of_both_languages(stack: Stack, report: dict[str, Any]) -> None:
    del report
    events = on_kafka(stack.platform, "eligibility.events.v1")
    one = next(data for data in (decode(e.type, e.value) for e in events) if isinstance(data, Decided))
    household_id = one.household_id
    with stack.http() as http:
        answer = http.get(f"/v1/households/{household_id}/eligibility", headers={"Padan-Purpose": "verification"})
    assert answer.status_code == 200
    changes = {one["programme"]: one["explanation"]["smallest_change"] for one in answer.json()["decisions"]}
    assert [change["fact"] for change in changes["sembako"]["changes"]] == ["decile"]
    assert "desilnya" in changes["sembako"]["text_id"]
    for decision in answer.json()["decisions"]:
        explanation = decision["explanation"]
        assert explanation["summary_id"]
        assert explanation["summary_en"]
        assert all(c["text_id"] and c["text_en"] and c["bound"] for c in explanation["criteria"])
