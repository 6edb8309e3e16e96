"""`padan ingest`: send a file through the gateway, follow it, and print its validity report.

The wire format is the gateway's `/v1/batches`; everything that knows its field names is in this module.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from padan_cli.pieces import Pieces
from padan_cli.platform import Instance, PlatformError
from padan_cli.platform_commands import InstanceName
from padan_cli.tokens import issue
from padan_cli.validity_report import print_report

FINISHED = {"done", "dry_run_done", "repeated", "failed", "cancelled"}
_POLL_S = 0.3
"""Between two looks: the gateway is asked, and calls nobody."""
_GONE_FOR_S = 120.0


class Kind(StrEnum):
    """What a file holds; `auto` lets the service tell by the columns."""

    AUTO = "auto"
    REGISTRATION = "registration"
    RANKING = "ranking"
    DEATHS = "deaths"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command(rich_help_panel="Working with it")(ingest)
    app.command(rich_help_panel="Working with it")(cancel)


def ingest(  # noqa: PLR0917 - typer calls it, by name
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.")],
    members: Annotated[Path | None, typer.Option(help="The members' file that belongs to a CSV.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and report only; nothing is registered.")] = False,
    kind: Annotated[Kind, typer.Option(help="What the file holds.")] = Kind.AUTO,
    corrects: Annotated[str | None, typer.Option(help="The upload that this file corrects.")] = None,
    region: Annotated[str, typer.Option(help="Region for which the sender speaks.")] = "3318",
    token: Annotated[str | None, typer.Option(envvar="PADAN_TOKEN", help="Instead of a development token.")] = None,
    instance: InstanceName = "local",
) -> None:
    """Send a file of registrations, a ranking or deaths, follow it to its end, and print its validity report.

    A file that was cut off goes on where it was when the same command is run again.
    """
    for needed in (file, members):
        if needed is not None:
            must_be_readable(needed)
    place = Instance.existing(instance)
    bearer = token or issue(place, role="social_office", region=region, subject="padan-ingest")
    console = Console(highlight=False)
    with Gateway(place.url("gateway"), bearer) as gateway:
        upload = gateway.upload_in_pieces(
            file, place.folder / "uploads", console, members=members, dry_run=dry_run, kind=kind, corrects=corrects
        )
        console.print(f"upload {upload}", style="dim")
        batch = follow_with_bar(gateway.follow(upload), console)
    print_report(batch, console)
    if batch["state"] in {"failed", "cancelled"}:
        raise typer.Exit(1)


def cancel(
    upload: Annotated[str, typer.Argument(help="The upload's id, as `padan ingest` prints it.")],
    region: Annotated[str, typer.Option(help="Region for which the sender speaks.")] = "3318",
    token: Annotated[str | None, typer.Option(envvar="PADAN_TOKEN", help="Instead of a development token.")] = None,
    instance: InstanceName = "local",
) -> None:
    """Give up a file that is being worked on. What was reported by then stays reported."""
    place = Instance.existing(instance)
    bearer = token or issue(place, role="social_office", region=region, subject="padan-ingest")
    console = Console(highlight=False)
    with Gateway(place.url("gateway"), bearer) as gateway:
        gateway.cancel(upload)
        *_, batch = gateway.follow(upload)
    print_report(batch, console)


class Gateway:
    """A client of `/v1/batches`. Raises `PlatformError` with the code and texts of the gateway's problem."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=60.0, trust_env=False)

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def upload(self, file: Path, *, members: Path | None = None, dry_run: bool = False, kind: Kind = Kind.AUTO) -> str:
        """Send the file; answers the id to follow."""
        fields = {"dry_run": "true" if dry_run else "false", "kind": kind.value}
        with ExitStack() as opened:
            parts = {"file": (file.name, opened.enter_context(file.open("rb")))}
            if members is not None:
                parts["members"] = (members.name, opened.enter_context(members.open("rb")))
            try:
                response = self._client.post("/v1/batches", files=parts, data=fields)
            except httpx.TransportError as error:
                raise _unreachable(self._client.base_url) from error
        return str(_content(response)["upload_id"])

    def upload_in_pieces(
        self,
        file: Path,
        folder: Path,
        console: Console,
        *,
        members: Path | None = None,
        dry_run: bool = False,
        kind: Kind = Kind.AUTO,
        corrects: str | None = None,
        patience_s: float = _GONE_FOR_S,
    ) -> str:
        """Send the file over a line that may break; answers the id to follow. `folder` keeps what is under way."""
        pieces = Pieces(self._client, folder, refused=_refusal, patience_s=patience_s)
        parts = {"upload": file} | ({} if members is None else {"members_upload": members})
        fields = {"dry_run": "true" if dry_run else "false", "kind": kind.value}
        if corrects is not None:
            fields["corrects"] = corrects
        try:
            return self._batch_of(parts, fields, pieces, console)
        except PlatformError as error:
            if error.code != "file_lost":
                raise
        # What was taken in pieces can no longer be opened there, and was forgotten here: once more from the beginning.
        return self._batch_of(parts, fields, pieces, console)

    def _batch_of(self, parts: dict[str, Path], fields: dict[str, str], pieces: Pieces, console: Console) -> str:
        sent: dict[str, str] = {}
        with Progress(TextColumn("{task.description:<28}"), BarColumn(), DownloadColumn(), console=console) as bars:
            for field, path in parts.items():
                bar = bars.add_task("sending" if field == "upload" else "sending members", total=path.stat().st_size)
                sent[field] = pieces.send(path, _shown(bars, bar))
        try:
            form = {name: (None, value) for name, value in (sent | fields).items()}
            response = self._client.post("/v1/batches", files=form)
        except httpx.TransportError as error:
            raise _unreachable(self._client.base_url) from error
        refused = None if response.is_success else _refusal(response)
        if refused is None or refused.code == "file_lost":
            for field, path in parts.items():
                pieces.forget(path, sent[field])
        if refused is not None:
            raise refused
        return str(_content(response)["upload_id"])

    def cancel(self, upload_id: str) -> dict[str, Any]:
        """Give a file up; answers its id and state."""
        return _content(self._client.post(f"/v1/batches/{upload_id}/cancel"))

    def post(self, path: str, **sent: Any) -> dict[str, Any]:
        """What a request is answered with; `sent` is its body as httpx takes it."""
        try:
            return _content(self._client.post(path, **sent))
        except httpx.TransportError as error:
            raise _unreachable(self._client.base_url) from error

    def send_list(self, file: Path, purpose: str) -> str:
        """Send a list to be checked; answers the id to follow."""
        try:
            with file.open("rb") as content:
                headers = {"Padan-Purpose": purpose}
                response = self._client.post("/v1/list-checks", files={"file": (file.name, content)}, headers=headers)
        except httpx.TransportError as error:
            raise _unreachable(self._client.base_url) from error
        return str(_content(response)["check_id"])

    def save(self, address: str, path: Path, *, purpose: str) -> None:
        """Write a file of the gateway to `path`, which only its owner may read."""
        with self._client.stream("GET", address, headers={"Padan-Purpose": purpose}) as response:
            if not response.is_success:
                response.read()
                raise _refusal(response)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for piece in response.iter_bytes():
                    file.write(piece)

    def batch(self, upload_id: str) -> dict[str, Any]:
        """The batch document as it stands now."""
        return _content(self._client.get(f"/v1/batches/{upload_id}"))

    def get(self, address: str, *, purpose: str | None = None) -> dict[str, Any]:
        """Any other answer of the gateway; `purpose` opens what is masked without one."""
        return _content(self._client.get(address, headers={"Padan-Purpose": purpose} if purpose else None))

    def follow(self, upload_id: str) -> Iterator[dict[str, Any]]:
        """Its documents until it is finished; a gateway or service that is being restarted is waited for."""
        answered = time.monotonic()
        while True:
            try:
                batch = self.batch(upload_id)
            except (httpx.TransportError, ServiceAway) as error:
                if time.monotonic() - answered > _GONE_FOR_S:
                    raise _unreachable(self._client.base_url) from error
            else:
                answered = time.monotonic()
                yield batch
                if batch["state"] in FINISHED:
                    return
            time.sleep(_POLL_S)


class ServiceAway(PlatformError):
    """The gateway answers, but what stands behind it does not at this moment (502, 503, 504)."""


def follow_with_bar(documents: Iterator[dict[str, Any]], console: Console) -> dict[str, Any]:
    """Draw one bar for each stage while the documents come; answers the last one."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    batch: dict[str, Any] = {}
    with Progress(*columns, console=console) as bars:
        bar, shown = bars.add_task("sent", total=1, completed=1), "sent"
        for batch in documents:
            progress = batch.get("progress") or {}
            waits = str(batch["state"]).startswith("waiting")  # the stage does not say for whom
            label = batch["state"] if waits else progress.get("stage") or batch["state"]
            if label != shown:
                bars.update(bar, total=bars.tasks[bar].total or 1, completed=bars.tasks[bar].total or 1)
                bars.stop_task(bar)
                bar, shown = bars.add_task(label, total=None), label
            bars.update(bar, total=progress.get("total") or None, completed=progress.get("done") or 0)
        bars.update(bar, total=batch.get("rows") or 1, completed=batch.get("rows") or 1)
    return batch


def must_be_readable(file: Path) -> None:
    """Raises `PlatformError` file_unreadable."""
    if not file.is_file() or not os.access(file, os.R_OK):
        raise PlatformError(
            "file_unreadable",
            f"Berkas {str(file)!r} tidak ada atau tidak dapat dibuka: periksa nama berkas dan foldernya.",
            f"There is no readable file {str(file)!r}: check the file's name and its folder.",
        )


def _content(response: httpx.Response) -> dict[str, Any]:
    if response.is_success:
        return dict(response.json())
    if response.status_code in {502, 503, 504} and response.request.method == "GET":
        away = _refusal(response)
        raise ServiceAway(away.code, away.indonesian, away.english)
    raise _refusal(response)


def _refusal(response: httpx.Response) -> PlatformError:
    try:
        problem = response.json()
    except json.JSONDecodeError:
        problem = {}
    return PlatformError(
        problem.get("code", f"http_{response.status_code}"),
        f"{problem.get('detail_id', 'Kiriman ditolak.')} {problem.get('next_step_id', '')}".strip(),
        f"{problem.get('detail', 'It was refused.')} {problem.get('next_step', '')}".strip(),
    )


def _shown(bars: Progress, bar: TaskID) -> Callable[[int], None]:
    return lambda done: bars.update(bar, completed=done)


def _unreachable(url: object) -> PlatformError:
    return PlatformError(
        "gateway_unreachable",
        f"Gateway di {url} tidak menjawab: jalankan `padan up`.",
        f"The gateway at {url} does not answer: run `padan up`.",
    )
