"""The child process that develops one photo. Reads it from stdin; writes a line of JSON and a JPEG to stdout.

A photo comes from a stranger: a few kilobytes can ask for gigabytes, and decoders are C code that has been broken by
crafted files. So it is opened here, under limits that end this process and not the service, and with nothing in reach:
no key, no connection, no secret in the environment. A thread with a bound on pixels would bound neither the memory that
a decoder takes besides nor what a broken one does. Arguments: the most memory in MB, the most CPU in seconds. Exit
status 65 (EX_DATAERR) where the photo is at fault; its code is then the last line of stderr.
"""

import io
import json
import resource
import sys
import warnings
import zipfile
from hashlib import sha256
from typing import Any, Final, NoReturn

import msgspec
from PIL import Image, UnidentifiedImageError

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.photos import LEAST_SIDE_PX, LONGEST_SIDE_PX, MOST_PIXELS, QUALITY
from padan_registry_ingest.photos import likeness
from padan_registry_ingest.photos.camera import details_of

DATA_ERROR: Final = 65
_FORMATS: Final = tuple(MOST_PIXELS)
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ALSO_WEB_PAGE: Final = (b"<html", b"<script", b"<svg", b"<!doctype")
_ALSO_PDF: Final = b"%pdf-"
_BEGINNING: Final = 1024
"""Within so many bytes other programs look for the beginning of a PDF or a web page."""


def refuse(code: str) -> NoReturn:
    """End with the status of a fault in the data."""
    sys.stderr.write(f"\n{code}\n")
    raise SystemExit(DATA_ERROR)


def develop(content: bytes) -> tuple[dict[str, Any], bytes]:
    """What is to be known of a photo, and the JPEG to keep: turned upright, made smaller, with nothing but its pixels.

    Raises `FileFault`, `MemoryError`.
    """
    if not content:
        raise FileFault("photo_missing")
    photo = _opened(content)
    pixels = photo.width * photo.height
    # A JPEG with further pictures behind the first (MPO) is what many phones write: the first is the photo.
    kind = "JPEG" if photo.format == "MPO" else str(photo.format)
    if pixels > MOST_PIXELS[kind]:
        raise FileFault("photo_too_many_pixels")
    if min(photo.size) < LEAST_SIDE_PX:
        raise FileFault("photo_too_small")
    if kind != "JPEG" and getattr(photo, "n_frames", 1) > 1:
        raise FileFault("photo_animated")
    if _is_more_than_a_photo(content):
        raise FileFault("photo_two_files")
    try:
        if kind == "PNG":
            _opened(content).verify()  # each piece's checksum, which decoding does not look at
        exif = photo.getexif()
        details, orientation = details_of(exif), exif.get(_ORIENTATION)
        small = _small(photo)
        upright = small.transpose(_TURNS[orientation]) if orientation in _TURNS else small
    except (OSError, SyntaxError, ValueError, IndexError, EOFError, TypeError, KeyError, ZeroDivisionError) as error:
        raise FileFault("photo_damaged") from error
    jpeg = _jpeg(upright)
    dots = upright.convert("L").resize((likeness.DOTS, likeness.ROWS), Image.Resampling.BOX).tobytes()
    return {
        "sha256": sha256(jpeg).hexdigest(),
        "perceptual": likeness.hash_of(dots),
        "width": upright.width,
        "height": upright.height,
        "details": msgspec.to_builtins(details),
    }, jpeg


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileFault("photo_too_many_pixels") from error
    except UnidentifiedImageError as error:
        begins_as_one = content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
            content.startswith(b"RIFF") and content[8:12] == b"WEBP"
        )
        raise FileFault("photo_damaged" if begins_as_one else "photo_type") from error
    except (OSError, SyntaxError, ValueError, IndexError, EOFError, TypeError, KeyError) as error:
        raise FileFault("photo_damaged") from error


def _is_more_than_a_photo(content: bytes) -> bool:
    """Whether another program would open the file as something else. What is kept is only pixels, so nothing of it
    would survive; but no camera makes such a file. (Phones do append films: those are let be, and left out.)"""
    beginning = content[:_BEGINNING].lower()
    if _ALSO_PDF in beginning or any(mark in beginning for mark in _ALSO_WEB_PAGE):
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return bool(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _small(photo: Image.Image) -> Image.Image:
    """At most `LONGEST_SIDE_PX`, in RGB. Decoding a JPEG at a fraction and reducing by whole factors keeps memory low:
    50 megapixels take 0.1 GB, as a progressive JPEG 0.2 GB (measured)."""
    photo.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    photo.load()
    factor = max(photo.size) // (2 * LONGEST_SIDE_PX)
    if photo.mode == "P":
        photo = photo.convert("RGBA" if "transparency" in photo.info else "RGB")
    elif photo.mode.startswith("I"):  # 16 bits of grey
        photo = photo.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if factor > 1:
        photo = photo.reduce(factor)
    photo.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
    if photo.has_transparency_data:
        clear = photo.convert("RGBA")
        photo = Image.new("RGB", clear.size, "white")
        photo.paste(clear, mask=clear)
    return photo.convert("RGB")


def _jpeg(photo: Image.Image) -> bytes:
    # Comments, profiles and the rest go along in `info`, and Pillow writes some of them of its own accord.
    photo.info = {}
    into = io.BytesIO()
    photo.save(into, "JPEG", quality=QUALITY, exif=b"")
    return into.getvalue()


def main() -> None:
    """Develop one photo under the limits given as arguments."""
    memory_mb, cpu_s = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a photo in clear
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        found, jpeg = develop(sys.stdin.buffer.read())
    except FileFault as fault:
        refuse(fault.code)
    except MemoryError:
        refuse("photo_too_many_pixels")
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n" + jpeg)


if __name__ == "__main__":
    main()
