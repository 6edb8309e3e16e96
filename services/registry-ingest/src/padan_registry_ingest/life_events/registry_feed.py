"""The civil registry's feed as a port over HTTP: one page at a time, never more bytes than a page can have."""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Annotated, Final, Literal

import httpx
import msgspec
from padan_runtime import metrics
from padan_runtime.problems import Unavailable

from padan_registry_ingest.domain.life_events import LifeEvent, Told, Unreadable, judged
from padan_registry_ingest.life_events.moving import village_of

PAGE: Final = 500
MOST_BYTES: Final = 4 << 20
"""Of one page: some 8 kB an entry, ten times what one needs."""
_NAME: Final = "civil_registry_feed"
_TIMEOUT: Final = httpx.Timeout(15, connect=2)
_LARGEST: Final = 1 << 62

Cursor = Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]


class FeedAnswerError(RuntimeError):
    """The feed answered something that cannot be used, as a whole. `code` says what; nothing of the answer is in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Page(msgspec.Struct, frozen=True):
    entries: list[msgspec.Raw]
    head: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]


class _Placed(msgspec.Struct, frozen=True):
    cursor: Cursor


class _Entry(msgspec.Struct, frozen=True):
    cursor: Cursor
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    kind: Literal["death", "death_reversed", "death_corrected", "birth", "move"]
    nik: str
    on: date
    recorded_at: datetime | None = None


class _Moved(msgspec.Struct, frozen=True):
    region: str = ""


class Page(msgspec.Struct, frozen=True):
    """What a page told, in the order of the registry's cursors; the highest of them (0: none), and the feed's last."""

    told: list[Told]
    reached: int
    head: int


_PAGE_OF: Final = msgspec.json.Decoder(_Page)
_PLACED: Final = msgspec.json.Decoder(_Placed)
_ENTRY: Final = msgspec.json.Decoder(_Entry)
_MOVED: Final = msgspec.json.Decoder(_Moved)


class RegistryFeed:
    """`GET /feed` of the civil registry."""

    def __init__(self, url: str) -> None:
        # Unpacked here, a small answer could become any number of bytes.
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"})

    async def page(self, after: int) -> Page:
        """The entries behind a cursor. Raises `Unavailable`, `FeedAnswerError`."""
        try:
            with metrics.PORT_SECONDS.labels(_NAME).time():
                body = await self._body(after)
        except httpx.TransportError as error:
            metrics.PORT_REQUESTS.labels(_NAME, "unreachable").inc()
            raise Unavailable(_NAME) from error
        return read_page(body, datetime.now(UTC))

    async def _body(self, after: int) -> bytes:
        async with self._http.stream("GET", "/feed", params={"after": after, "limit": PAGE}) as response:
            metrics.PORT_REQUESTS.labels(_NAME, str(response.status_code)).inc()
            if response.status_code >= 500 or response.status_code in (408, 429):
                raise Unavailable(_NAME)
            if response.status_code != 200 or "content-encoding" in response.headers:
                raise FeedAnswerError("feed_refuses")
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MOST_BYTES:
                    raise FeedAnswerError("page_too_large")
            return bytes(body)


def read_page(body: bytes, now: datetime) -> Page:
    """A page as it came. Raises `FeedAnswerError` where it is no page, or an entry has no place in the feed.

    An entry that has its place and cannot be read otherwise is `Unreadable`: it holds up nobody behind it.
    """
    try:
        page = _PAGE_OF.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise FeedAnswerError("page_malformed") from None  # its message may quote what came
    placed = sorted(((_cursor(raw), raw) for raw in page.entries), key=lambda pair: pair[0])
    reached = placed[-1][0] if placed else 0
    if reached > page.head:
        raise FeedAnswerError("cursor_beyond_head")
    return Page([_told(cursor, bytes(raw), now) for cursor, raw in placed], reached, page.head)


def _cursor(raw: msgspec.Raw) -> int:
    try:
        return _PLACED.decode(raw).cursor
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise FeedAnswerError("entry_without_cursor") from None


def _told(cursor: int, raw: bytes, now: datetime) -> Told:
    try:
        entry = _ENTRY.decode(raw)
        village = village_of(_MOVED.decode(raw).region) if entry.kind == "move" else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Unreadable(name=f"{cursor}:{sha256(raw).hexdigest()}", reason="entry_malformed", cursor=cursor)
    event = LifeEvent(
        entry_id=entry.id,
        kind="death" if entry.kind == "death_corrected" else entry.kind,
        nik=entry.nik,
        occurred_on=entry.on,
        recorded_at=_with_zone(entry.recorded_at),
        details=raw if entry.kind == "birth" else None,
        village=village,
        cursor=cursor,
    )
    return judged(event, now)


def _with_zone(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
