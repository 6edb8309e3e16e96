"""`padan ingest` against a small HTTP peer that speaks the gateway's side of `/v1/batches`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from http_peer import served
from padan_cli.check_list import print_check
from padan_cli.ingest import Gateway, Kind, follow_with_bar
from padan_cli.platform import PlatformError
from padan_cli.validity_report import UNKNOWN_REGION, print_report
from rich.console import Console

REASONS = {
    "nik_length": {
        "id": "NIK bukan 16 angka",
        "en": "NIK has not 16 digits",
        "next_id": "Salin lagi",
        "next_en": "Copy it again",
    }
}
DONE = {
    "upload_id": "u1",
    "state": "done",
    "dry_run": False,
    "rows": 1000,
    "valid": 750,
    "invalid": 250,
    "matched": 0,
    "waiting": 0,
    "progress": {"stage": "deciding", "done": 750, "total": 750},
    "first_reasons": {"nik_length": 200},
    "every_reason": {"nik_length": 250},
    "by_region": [
        {"region": "", "name": "", "level": "district", "valid": 0, "invalid": 2},
        {"region": "331801", "name": "Sukolilo", "level": "district", "valid": 700, "invalid": 200},
        {"region": "3318012001", "name": "Pakem", "level": "village", "valid": 50, "invalid": 50},
    ],
    "reasons": REASONS,
}
BUSY = DONE | {"state": "validating", "progress": {"stage": "validating", "done": 10, "total": 1000}}
AWAY = {"status": 503, "code": "service_unavailable"}
REFUSED = {
    "status": 413,
    "code": "file_too_large",
    "detail": "The file is too large.",
    "detail_id": "Berkas terlalu besar.",
    "next_step": "Split it.",
    "next_step_id": "Bagi berkasnya.",
}


@dataclass
class Peer:
    """Answers each request with the next of `answers`; keeps what was sent."""

    answers: list[dict[str, Any]]
    url: str = ""
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer([])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def do_PATCH(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            peer.sent.append((f"{self.command} {self.path}", self.headers["Authorization"], body))
            answer = peer.answers.pop(0)
            content = json.dumps(answer).encode()
            self.send_response(answer.get("status", 200))
            self.send_header("Upload-Offset", str(answer.get("offset", 0)))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with served(Handler) as peer.url:
        yield peer


def printed(batch: dict[str, Any]) -> str:
    output = StringIO()
    print_report(batch, Console(file=output, width=80, highlight=False))
    return output.getvalue()


def test_both_files_and_the_choices_are_sent_with_the_token(peer: Peer, tmp_path: Path) -> None:
    file, members = tmp_path / "penerima.csv", tmp_path / "anggota.csv"
    file.write_bytes(b"recipients of the batch")
    members.write_bytes(b"members of their families")
    peer.answers = [{"upload_id": "u1", "state": "received"}]

    with Gateway(peer.url, "a-token") as gateway:
        assert gateway.upload(file, members=members, dry_run=True, kind=Kind.RANKING) == "u1"

    ((request, authorization, body),) = peer.sent
    assert (request, authorization) == ("POST /v1/batches", "Bearer a-token")
    parts = body.split(b"--" + body.split(b"\r\n", 1)[0][2:])
    named = {part.split(b'name="')[1].split(b'"')[0]: part for part in parts if b'name="' in part}
    assert set(named) == {b"file", b"members", b"dry_run", b"kind"}
    assert b"recipients of the batch" in named[b"file"]
    assert b"members of their families" in named[b"members"]
    assert named[b"dry_run"].strip().endswith(b"true")
    assert named[b"kind"].strip().endswith(b"ranking")


def test_a_file_that_is_lost_on_the_other_side_is_sent_once_more_from_the_beginning(peer: Peer, tmp_path: Path) -> None:
    file, notes = tmp_path / "penerima.csv", tmp_path / "notes"
    file.write_bytes(b"recipients of the batch")
    begun: list[dict[str, Any]] = [{"upload_id": "p1"}, {"upload_id": "p2"}]
    lost = {"status": 500, "code": "file_lost", "offset": file.stat().st_size}
    whole = {"offset": file.stat().st_size}
    peer.answers = [begun[0], whole, lost, {}, begun[1], whole, {"upload_id": "u1"}, {}]

    with Gateway(peer.url, "a-token") as gateway:
        assert gateway.upload_in_pieces(file, notes, Console(file=StringIO())) == "u1"

    each = ["POST /v1/uploads", "PATCH /v1/uploads/{}", "POST /v1/batches", "DELETE /v1/uploads/{}"]
    assert [request for request, _, _ in peer.sent] == [one.format(p) for p in ("p1", "p2") for one in each]
    assert list(notes.iterdir()) == []

    peer.answers = [begun[0], whole, lost, {}, begun[1], whole, lost, {}]
    with Gateway(peer.url, "a-token") as gateway, pytest.raises(PlatformError) as error:
        gateway.upload_in_pieces(file, notes, Console(file=StringIO()))
    assert error.value.code == "file_lost"
    assert list(notes.iterdir()) == [], "the next run begins anew"


def test_a_batch_is_followed_to_its_end_over_a_restart_of_a_service(peer: Peer) -> None:
    peer.answers = [BUSY, AWAY, BUSY, DONE]

    with Gateway(peer.url, "a-token") as gateway:
        batch = follow_with_bar(gateway.follow("u1"), Console(file=StringIO()))

    assert batch == DONE
    assert peer.answers == []


def test_a_refusal_carries_the_gateways_code_and_both_texts(peer: Peer, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_bytes(b"NIK")
    peer.answers = [REFUSED]

    with Gateway(peer.url, "a-token") as gateway, pytest.raises(PlatformError) as error:
        gateway.upload(file)

    assert error.value.code == "file_too_large"
    assert error.value.indonesian == "Berkas terlalu besar. Bagi berkasnya."
    assert error.value.english == "The file is too large. Split it."


def test_without_a_gateway_the_way_to_start_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "any.csv"
    file.write_bytes(b"NIK")

    with Gateway("http://127.0.0.1:1", "a-token") as gateway, pytest.raises(PlatformError) as error:
        gateway.upload(file)

    assert error.value.code == "gateway_unreachable"
    assert "padan up" in error.value.indonesian


def test_the_report_shows_totals_reasons_in_words_and_districts() -> None:
    report = printed(DONE)

    assert "750 valid and 250 invalid of 1,000 rows" in report
    assert "nik_length" in report
    assert "NIK bukan 16 angka" in report
    assert "NIK has not 16 digits" in report
    assert "→ Salin lagi" in report
    assert "→ Copy it again" in report
    assert "Sukolilo" in report
    assert UNKNOWN_REGION in report
    assert "waiting" not in report
    assert "Pakem" not in report  # villages are in the downloads; 400 of them would fill the screen


def test_the_report_of_a_failed_batch_is_its_problem() -> None:
    report = printed(DONE | {"state": "failed", "problem": REFUSED})

    assert "file_too_large" in report
    assert "Berkas terlalu besar. Bagi berkasnya." in report
    assert "The file is too large. Split it." in report
    assert "valid and" not in report


def test_a_ranking_says_who_waits_and_shows_no_empty_tables() -> None:
    nowhere = [{"region": "", "name": "", "level": "district", "valid": 10, "invalid": 0}]
    ranking = {"invalid": 0, "waiting": 6, "first_reasons": {}, "every_reason": {}, "by_region": nowhere}
    report = printed(DONE | ranking)

    assert "6 waiting: the person is not in the register" in report
    assert "reason" not in report
    assert "district" not in report


def test_a_cancelled_batch_says_what_stands_and_how_to_go_on() -> None:
    report = printed(DONE | {"state": "cancelled", "reported_to": 400, "valid": 300, "invalid": 100})

    assert "400 dari 1,000 baris" in report
    assert "400 of 1,000 rows" in report
    assert "kirim lagi" in report
    assert "send the file again" in " ".join(report.split())


def test_a_correction_says_what_became_of_each_row_and_leaves_out_what_is_none() -> None:
    correction = {"of": "u0", "unchanged": 700, "now_valid": 40, "still_invalid": 0, "changed_accepted": 2, "new": 0}
    report = " ".join(printed(DONE | {"correction": correction | {"removed": 9, "removed_registered": 8}}).split())

    assert "a correction of: upload u0" in report
    assert "700 sudah tercatat, tidak berubah / in the register, unchanged" in report
    assert "2 sudah tercatat; perubahannya tidak dicatat" in report
    assert "8 di antaranya tercatat dan tetap tercatat" in report
    assert "still invalid" not in report


def test_a_checked_list_is_counted_in_words() -> None:
    words = {"id": "Tercatat.", "en": "In the register.", "next_id": "Tidak perlu apa-apa.", "next_en": "Nothing."}
    output = StringIO()
    found = {"rows": 12, "results": {"registered": 9}, "words": {"registered": words}, "decile_groups": {"1-4": 5}}
    print_check(found, Console(file=output, width=80, highlight=False))

    assert "12 baris diperiksa / rows checked" in output.getvalue()
    assert "→ Tidak perlu apa-apa." in output.getvalue()
    assert "by decile group: 1-4: 5" in output.getvalue()
