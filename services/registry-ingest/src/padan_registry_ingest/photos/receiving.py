"""Takes a photo from a request, as the body or as the one field of a form: sealed on disk while it comes, for a line in
the field is slow, and until its turn has come. Only those that are being developed are in memory."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from fastapi import Request
from padan_runtime.sealing import KEY_BYTES
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from padan_registry_ingest.batches import sealed_file
from padan_registry_ingest.batches.sealed_file import SealedWriter
from padan_registry_ingest.domain.faults import FileFault

FIELD: Final = b"photo"
_PART: Final = "file"


@asynccontextmanager
async def received(request: Request, folder: Path, *, most_bytes: int) -> AsyncIterator[Callable[[], bytes]]:
    """What reads the photo, once it is here. Raises `FileFault`."""
    # The key is in memory alone: what a crash leaves on the disk (swept an hour later) nobody can open.
    upload_id, key = uuid4(), os.urandom(KEY_BYTES)
    writer = await asyncio.to_thread(SealedWriter, folder, upload_id, _PART, key, most_bytes=most_bytes)
    try:
        taking = _taking(request, writer)
        async for piece in request.stream():
            await asyncio.to_thread(taking.take, piece)
        taking.end()
        if writer.size == 0:
            raise FileFault("photo_missing")
        await asyncio.to_thread(writer.close)
        yield lambda: b"".join(sealed_file.pieces(folder, upload_id, _PART, key))
    except FormParserError as error:
        raise FileFault("photo_form_invalid") from error
    except FileFault as fault:
        raise FileFault("photo_too_large", **fault.extra) if fault.code == "file_too_large" else fault from None
    finally:
        writer.abandon()


def _taking(request: Request, writer: SealedWriter) -> "_Body | _Form":
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type != b"multipart/form-data":
        return _Body(writer)
    if not options.get(b"boundary"):
        raise FileFault("photo_form_invalid")
    return _Form(writer, options[b"boundary"])


class _Body:
    """The photo is the body itself, whatever type its sender calls it: its content is looked at later."""

    def __init__(self, writer: SealedWriter) -> None:
        self._writer = writer

    def take(self, piece: bytes) -> None:
        self._writer.write(piece)

    def end(self) -> None:
        return


class _Form:
    """The photo is the one field of a form. The name of its file is not read: it may be personal."""

    def __init__(self, writer: SealedWriter, boundary: bytes) -> None:
        self._writer, self._header, self._value, self._name = writer, b"", b"", b""
        self._parts, self._ended = 0, False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begins,
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": lambda data, start, end: writer.write(data[start:end]),
                "on_end": self._ends,
            },
        )

    def take(self, piece: bytes) -> None:
        self._parser.write(piece)

    def end(self) -> None:
        if not self._ended:
            raise FileFault("photo_form_invalid")

    def _begins(self) -> None:
        self._header, self._value, self._name = b"", b"", b""
        self._parts += 1

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._name = parse_options_header(self._value)[1].get(b"name", b"")
        self._header, self._value = b"", b""

    def _on_headers(self) -> None:
        if self._name != FIELD or self._parts > 1:
            raise FileFault("photo_form_invalid")

    def _ends(self) -> None:
        self._ended = True
