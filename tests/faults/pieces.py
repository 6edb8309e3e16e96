"""A file sent in pieces (tus), which goes on where it was: nothing that was acknowledged is ever lost."""

import time
from collections.abc import Iterator
from random import Random
from typing import Final

import msgspec

from faults.asking import Asking, RefusedError

_VERSION: Final = {"Tus-Resumable": "1.0.0"}
_PIECE: Final = _VERSION | {"Content-Type": "application/offset+octet-stream"}
_GO_ON: Final = frozenset({"upload_offset_wrong", "upload_taken_over"})
_WITHIN_S: Final = 240.0


class Cuts(msgspec.Struct, frozen=True):
    """Where a file is cut, as parts of its length, and how long each piece is held up in its middle, in seconds."""

    parts: tuple[float, ...]
    pauses_s: tuple[float, ...]


def draw(random: Random) -> Cuts:
    """Three to seven pieces."""
    parts = sorted(random.random() for _ in range(random.randrange(2, 7)))
    return Cuts((*parts, 1.0), tuple(random.uniform(0.0, 0.6) for _ in range(len(parts) + 1)))


def send(asking: Asking, name: str, content: bytes, cuts: Cuts) -> str:
    """Send a file; the id by which a batch takes it. Raises `RefusedError`, and where a byte is lost."""
    length = {"Upload-Length": str(len(content))}
    begun = asking.ask(f"begin {name}", lambda http: http.post("/v1/uploads", headers=_VERSION | length))
    partial_id = str(begun.json()["upload_id"])
    safe, moved = 0, time.monotonic()
    while safe < len(content):
        end, pause_s = next(
            (end, pause_s)
            for part, pause_s in zip(cuts.parts, cuts.pauses_s, strict=True)
            if (end := round(part * len(content))) > safe
        )
        reached = _piece(asking, partial_id, safe, content[safe:end], pause_s)
        if reached is None:
            answer = asking.ask(f"head of {name}", lambda http: http.head(_address(partial_id), headers=_VERSION))
            reached = int(answer.headers["Upload-Offset"])
        assert safe <= reached <= end, f"{name}: {safe} bytes were acknowledged, {end} sent, and it stands at {reached}"
        if reached > safe:
            moved = time.monotonic()
        elif time.monotonic() - moved > _WITHIN_S:
            raise RefusedError(f"{name}: stands at {reached} of {len(content)} bytes for {_WITHIN_S} s")
        else:
            time.sleep(0.3)  # whoever does not take it tells nobody when it will
        safe = reached
    return partial_id


def forget(asking: Asking, partial_id: str) -> None:
    """A batch has taken it: its pieces are given up."""
    gone = frozenset({"upload_not_found"})  # by an answer that did not arrive
    asking.ask("forget", lambda http: http.delete(_address(partial_id), headers=_VERSION), answers=gone)


def _piece(asking: Asking, partial_id: str, offset: int, piece: bytes, pause_s: float) -> int | None:
    """How far it has come with this piece; None where that must be asked."""

    def slowly() -> Iterator[bytes]:
        yield piece[: len(piece) // 2]
        time.sleep(pause_s)  # so that a fault can meet it on its way
        yield piece[len(piece) // 2 :]

    headers = _PIECE | {"Upload-Offset": str(offset)}
    answer, _ = asking.once(
        "piece", lambda http: http.patch(_address(partial_id), content=slowly(), headers=headers), answers=_GO_ON
    )
    return None if answer is None or not answer.is_success else int(answer.headers["Upload-Offset"])


def _address(partial_id: str) -> str:
    return f"/v1/uploads/{partial_id}"
