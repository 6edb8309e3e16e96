"""Taking a multipart upload piece by piece, sealed as it comes: never whole in memory, never in clear on a disk."""

import asyncio
from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from padan_registry_ingest.batches.sealed_file import SealedWriter
from padan_registry_ingest.domain.columns import KINDS
from padan_registry_ingest.domain.faults import FileFault

_FILES: Final = ("file", "members")
_FIELDS: Final = ("dry_run", "kind", "upload", "members_upload", "corrects")
_IN_PIECES: Final = {"file": "upload", "members": "members_upload"}
_LONGEST_FIELD: Final = 64


class ReceivedForm:
    """What came: which files, and the fields. Raises `FileFault` from everything that takes data."""

    def __init__(self, folder: Path, upload_id: UUID, key: bytes, *, most_bytes: int) -> None:
        self._folder, self._id, self._key, self._most = folder, upload_id, key, most_bytes
        self.fields: dict[str, bytes] = {}
        self.files: dict[str, SealedWriter] = {}
        self._header, self._value, self._name = b"", b"", ""
        self._ended = False

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be reported."""
        said = self.fields.get("dry_run", b"false")
        if said not in (b"true", b"false"):
            raise FileFault("form_invalid", field="dry_run")
        return said == b"true"

    @property
    def kind(self) -> str:
        """`auto` or one of `columns.KINDS`."""
        said = self.fields.get("kind", b"auto").decode(errors="replace")
        if said not in ("auto", *KINDS):
            raise FileFault("form_invalid", field="kind")
        return said

    @property
    def corrects(self) -> UUID | None:
        """The upload that this file corrects."""
        return self._id_in("corrects")

    @property
    def in_pieces(self) -> dict[str, UUID]:
        """By part, the upload in pieces that it is to be taken from."""
        ids = {part: self._id_in(field) for part, field in _IN_PIECES.items()}
        if any(upload_id is not None and part in self.files for part, upload_id in ids.items()):
            raise FileFault("form_invalid")  # a part twice
        return {part: upload_id for part, upload_id in ids.items() if upload_id is not None}

    def begin(self, part: str) -> SealedWriter:
        """Begin a part that does not come with this request."""
        self.files[part] = SealedWriter(self._folder, self._id, part, self._key, most_bytes=self._most)
        return self.files[part]

    def _id_in(self, field: str) -> UUID | None:
        if field not in self.fields:
            return None
        try:
            return UUID(self.fields[field].decode())
        except ValueError as error:
            raise FileFault("form_invalid", field=field) from error

    async def receive(self, request: Request) -> None:
        """Take the whole body. What was written is removed where anything is wrong with it."""
        try:
            media_type, options = parse_options_header(request.headers.get("content-type"))
            if media_type != b"multipart/form-data" or not options.get(b"boundary"):
                raise FileFault("form_invalid")
            parser = self._parser(options[b"boundary"])
            async for piece in request.stream():
                # In a thread: it seals and writes a megabyte at a time.
                await asyncio.to_thread(parser.write, piece)
            if not self._ended:
                raise FileFault("form_invalid")
            if "file" not in {*self.files, *self.in_pieces}:
                raise FileFault("file_missing")
            _ = self.dry_run, self.kind, self.corrects
            for writer in self.files.values():
                await asyncio.to_thread(writer.close)
        except FormParserError as error:
            self.abandon()
            raise FileFault("form_invalid") from error
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Remove what was written."""
        for writer in self.files.values():
            writer.abandon()

    def _parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_end": self._form_ends,
            },
        )

    def _part_begins(self) -> None:
        self._header, self._value, self._name = b"", b"", ""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            # Only the field's name is read: the file's own name may be personal.
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode(errors="replace")
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        if self._name in self.files or self._name in self.fields or self._name not in (*_FILES, *_FIELDS):
            raise FileFault("form_invalid")
        if self._name in _FILES:
            self.begin(self._name)
        else:
            self.fields[self._name] = b""

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._name in self.files:
            self.files[self._name].write(data[start:end])
        elif len(self.fields[self._name]) + end - start > _LONGEST_FIELD:
            raise FileFault("form_invalid", field=self._name)
        else:
            self.fields[self._name] += data[start:end]

    def _form_ends(self) -> None:
        self._ended = True
