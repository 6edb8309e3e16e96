"""What kind of file came, by its bytes and never by its name, and whether its archive is safe to open."""

import io
import struct
import zipfile
from typing import Final

from padan_registry_ingest.domain.faults import FileFault

ZIP: Final = b"PK\x03\x04"

_MOST_ENTRIES: Final = 2_000
_MOST_DIRECTORY_BYTES: Final = 1 << 20
_MOST_UNPACKED_BYTES: Final = 6 << 30
_MOST_RATIO: Final = 250
_RATIO_FROM_BYTES: Final = 64 << 20
"""Deflate packs at most 1 : 1032; what a spreadsheet writes is packed 1 : 5 to 1 : 40, where it repeats 1 : 100."""

_END: Final = struct.Struct("<4s4H2LH")
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_PACKED: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_PAGES: Final = (
    b"<html",
    b"<!doctype html",
    b"<table",
    b"<head",
    b"<meta",
    b"<style",
    b"<div",
    b"<body",
    b"mime-version:",
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_workbook(content: bytes) -> bool:
    """Whether the file is XLSX (or XLSM: its macros are never run), False where it may be delimited text.

    Raises `FileFault` with the code of what it is instead.
    """
    if content.startswith(ZIP):
        _check_archive(content)
        return True
    if content.startswith(_OLE):
        raise FileFault(_ole_kind(content))
    start = content[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(_PICTURES) or content[4:12] in (b"ftypheic", b"ftypmif1", b"ftypavif"):
        raise FileFault("file_is_picture")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        raise FileFault("file_is_picture")
    if b"%PDF-" in content[:1_024]:
        raise FileFault("file_is_pdf")
    if content.startswith(_PACKED):
        raise FileFault("file_is_archive")
    if start.startswith(b"{\\rtf"):
        raise FileFault("file_is_document")
    if start.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        raise FileFault("old_excel")
    if start[:64].lower().startswith((*_PAGES, b"<?xml")):
        raise FileFault("file_is_web_page")
    return False


def _ole_kind(content: bytes) -> str:
    """An OLE file names its streams in UTF-16."""
    streams = {"EncryptedPackage": "file_has_password", "WordDocument": "file_is_document",
               "PowerPoint Document": "file_is_document", "Workbook": "old_excel", "Book": "old_excel"}  # fmt: skip
    return next((code for name, code in streams.items() if name.encode("utf-16-le") in content), "not_a_spreadsheet")


def _check_archive(content: bytes) -> None:
    """Judge an archive by its central directory, before anything of it is unpacked. Raises `FileFault`."""
    _check_directory(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            mimetype = archive.read("mimetype", None)[:64] if _small(entries, "mimetype") else b""
    except (zipfile.BadZipFile, struct.error, OSError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise FileFault("file_damaged") from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileFault("file_has_password")
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise FileFault(_other_archive(names, mimetype))
    if len(names) < len(entries) or sum(entry.compress_size for entry in entries) > len(content):
        raise FileFault("file_unsafe")  # one name twice, or one stretch of bytes unpacked twice
    for entry in entries:
        if entry.file_size > max(_RATIO_FROM_BYTES, entry.compress_size * _MOST_RATIO):
            raise FileFault("file_unsafe")
    if sum(entry.file_size for entry in entries) > _MOST_UNPACKED_BYTES:
        raise FileFault("file_too_large")


def _check_directory(content: bytes) -> None:
    """The directory itself could be millions of entries: its size is looked up before it is read."""
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if at < 0 or len(content) < at + _END.size:
        raise FileFault("file_damaged")
    _, _, _, _, entries, size, _, _ = _END.unpack_from(content, at)
    if entries > _MOST_ENTRIES or size > _MOST_DIRECTORY_BYTES:
        raise FileFault("file_unsafe")


def _small(entries: list[zipfile.ZipInfo], name: str) -> bool:
    return any(entry.filename == name and entry.file_size < 256 for entry in entries)


def _other_archive(names: set[str], mimetype: bytes) -> str:
    if "xl/workbook.bin" in names:
        return "binary_excel"
    if b"opendocument.spreadsheet" in mimetype:
        return "open_document"
    if b"opendocument" in mimetype or names & {"word/document.xml", "ppt/presentation.xml"}:
        return "file_is_document"
    return "file_damaged" if any(name.startswith("xl/") for name in names) else "file_is_archive"
