"""A file on its way: sent whole or in pieces, given up or not, corrected or new; and what must become of it."""

import csv
import io
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import polars as pl
import psycopg
from batch_hold import held
from oracle import query, wait_until
from registration_book import sheets

from faults import corrections, pieces
from faults.asking import Asking, Tries, code_of
from faults.corrections import Correction
from faults.pieces import Cuts
from faults.views import Ended, check_batch, check_report, ended, rows_of, uploads_of

Moment = Literal["at once", "soon", "in the middle"]
MOMENTS: Final[tuple[Moment, ...]] = ("at once", "soon", "in the middle", "in the middle")
_MIDDLE_WITHIN_S: Final = 15.0
_WAITING: Final = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"


class GivingUp(msgspec.Struct, frozen=True):
    """When a file is given up, and whether it is sent again behind that."""

    moment: Moment
    pause_s: float
    again: bool


class File(msgspec.Struct):
    """A file that is sent: what it must come to, and the ids under which it was taken.

    `valid` is None where it may be sent before what it builds on: it then has to end, in whatever way. `given_up` holds
    the uploads that were cancelled, and whether that was granted; `became`, for the report, what came of those.
    """

    path: Path
    valid: int | None
    cuts: Cuts | None = None
    giving_up: GivingUp | None = None
    correction: Correction | None = None
    upload_ids: list[str] = msgspec.field(default_factory=list)
    given_up: dict[str, bool] = msgspec.field(default_factory=dict)
    sent_now: list[str] = msgspec.field(default_factory=list)
    became: list[str] = msgspec.field(default_factory=list)
    tries: Tries = msgspec.field(default_factory=Tries)

    @property
    def ways(self) -> list[str]:
        """What it counts as."""
        ways = ["whole" if self.cuts is None else "in pieces", *self.became]
        return ways if self.correction is None else [*ways, "correction"]

    def once_more(self, cuts: Cuts | None) -> "File":
        """The same file, to be sent again: what was taken of it before is looked at again too."""
        return File(
            self.path,
            self.valid,
            cuts,
            correction=self.correction,
            upload_ids=self.upload_ids,
            given_up=self.given_up,
        )

    def send(self, asking: Asking) -> None:
        """Send it until it is taken; give it up, and send it again, where that is its way. Raises `RefusedError`."""
        upload_id = self._taken(asking)
        if self.giving_up is not None:
            self._give_up(asking, upload_id, self.giving_up)
            if self.giving_up.again:
                self._taken(asking)

    def _taken(self, asking: Asking) -> str:
        name, content = self.path.name, self.path.read_bytes()
        fields = {"kind": "auto"} | ({"corrects": self.correction.of} if self.correction else {})
        if self.cuts is None:
            files: dict[str, Any] = {"file": (name, content)}
            partial_id = ""
        else:
            partial_id = pieces.send(asking, name, content, self.cuts)
            files = {"upload": (None, partial_id)}
        answer = asking.ask(name, lambda http: http.post("/v1/batches", files=files, data=fields))
        upload_id = str(answer.json()["upload_id"])
        self.upload_ids.append(upload_id)
        self.sent_now.append(upload_id)
        if partial_id:
            pieces.forget(asking, partial_id)
        return upload_id

    def _give_up(self, asking: Asking, upload_id: str, way: GivingUp) -> None:
        def cancel() -> None:
            too_late = frozenset({"batch_finished"})
            answer = asking.ask(
                f"cancel {upload_id}", lambda http: http.post(f"/v1/batches/{upload_id}/cancel"), answers=too_late
            )
            self.given_up[upload_id] = answer.is_success or code_of(answer) not in too_late

        if way.moment == "soon":
            time.sleep(way.pause_s)  # to meet it at any moment, not at a known one
        if way.moment != "in the middle":
            cancel()
            return
        with ThreadPoolExecutor(1) as others:
            cancelling: Future[None] | None = None
            url = asking.platform.database_url("postgres", "padan").rpartition("/")[0] + "/registry_ingest"
            try:
                with held(url, upload_id, lambda point: point.in_the_middle, within_s=_MIDDLE_WITHIN_S):
                    cancelling = others.submit(cancel)
                    wait_until(
                        lambda: query(asking.platform, "registry_ingest", _WAITING, "%FOR UPDATE%")[0][0] > 0,
                        "it is asked for",
                        within_s=3.0,
                    )
            except (AssertionError, psycopg.Error):
                pass  # a fault was in the way, or it went too fast: then it is given up wherever it is
            (cancelling or others.submit(cancel)).result()

    def check(self, asking: Asking) -> None:
        """It ended as what it had to be, once: whatever was taken besides is a repeat of it, or was given up."""
        assert self.upload_ids, f"{self.path.name}: never taken"
        self.became = [self._became(asking, upload_id) for upload_id in self.sent_now if upload_id in self.given_up]
        for upload_id in self.upload_ids:
            upload = ended(asking.platform, upload_id)
            first = upload if upload.repeat_of is None else ended(asking.platform, upload.repeat_of)
            assert (upload.state == "repeated") == (first is not upload), f"{self.path}: {upload_id} is {upload.state}"
            if self.given_up.get(upload_id) and first is upload:
                self._check_given_up(asking, upload)
            else:
                assert first.state == "done", f"{self.path}: {upload_id} ended as {first.state}"
                self._check_done(asking, first)

    def _became(self, asking: Asking, upload_id: str) -> str:
        upload = ended(asking.platform, upload_id)
        if upload.state != "cancelled":
            return "cancelled too late"
        if upload.reported_to == 0:
            return "cancelled before it was reported"
        return "cancelled in the middle" if upload.reported_to < upload.rows else "cancelled behind its last row"

    def _check_given_up(self, asking: Asking, upload: Ended) -> None:
        """It stands everywhere with what was done of it before, as its report says, and with nothing more."""
        assert upload.state == "cancelled", f"{self.path}: {upload.upload_id} was given up and ended as {upload.state}"
        check_report(asking.platform, upload, self._document(asking, str(upload.upload_id)))
        if upload.batch_id is not None:
            accepted = check_batch(asking.platform, upload.batch_id)
            assert self.valid is None or accepted <= self.valid, f"{self.path}: {accepted} of {self.valid} accepted"

    def _check_done(self, asking: Asking, first: Ended) -> None:
        platform = asking.platform
        assert first.batch_id is not None, f"{self.path}: {first.upload_id} is done and was never read"
        if first.kind != "ranking":
            accepted = check_batch(platform, first.batch_id)
            assert accepted == sum(each.accepted for each in uploads_of(platform, first.batch_id))
            assert self.valid in {None, accepted}, f"{self.path}: {accepted} accepted, {self.valid} are valid"
        document = self._document(asking, str(first.upload_id))
        check_report(platform, first, document)
        if self.correction is not None:
            corrections.check(platform, self.correction, first, document)
        if self.cuts is not None:
            self._check_rows(asking, first)

    def _check_rows(self, asking: Asking, first: Ended) -> None:
        """The file's rows, each once, as they were sent."""
        answer = asking.ask(
            f"rows of {first.upload_id}",
            lambda http: http.get(f"/v1/batches/{first.upload_id}/rows.csv", headers={"Padan-Purpose": "correction"}),
        )
        told = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        # Not the NIK of a registration: some are numbers there, and are told as what is left of them.
        ranking = first.kind == "ranking"
        columns = ("NIK", "DESIL") if ranking else ("NAMA", "NO_KK", "TGL_LAHIR", "KODE_WILAYAH")
        recipients = pl.read_csv(self.path, infer_schema=False) if ranking else sheets(self.path)[0]
        sent = [_spaced_alike(row) for row in recipients.select(columns).iter_rows()]
        found = [_spaced_alike(row[name] for name in columns) for row in told]
        assert found == sent, f"{self.path}: other rows than its own"
        assert len(rows_of(asking.platform, first.upload_id)) == len(sent)

    def _document(self, asking: Asking, upload_id: str) -> dict[str, Any]:
        return dict(asking.ask(f"report of {upload_id}", lambda http: http.get(f"/v1/batches/{upload_id}")).json())


def _spaced_alike(cells: Iterable[str]) -> list[str]:
    """A report shows names without the spaces around them."""
    return [" ".join(cell.split()) for cell in cells]
