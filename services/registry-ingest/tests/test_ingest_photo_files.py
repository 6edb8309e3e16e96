"""What is made of one file that says it is a photo, in the process that opens it."""

import io
import random
import re
import struct
import zipfile
import zlib
from typing import Any

import pytest
from padan_cli.platform.instance import project_root
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.photo_faults import PHOTO_FAULTS
from padan_registry_ingest.domain.photos import LONGEST_SIDE_PX, MOST_DISTANCE
from padan_registry_ingest.photos import likeness
from padan_registry_ingest.photos.developing import Darkroom, Developed
from photos_given import POSITION, TAKEN, encoded, exif, photo, scene
from PIL import Image, ImageDraw


def test_the_page_names_every_refusal() -> None:
    page = (project_root() / "docs" / "photos.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(photo_[a-z_]+)`", page)) == set(PHOTO_FAULTS)


async def develop(content: bytes) -> Developed:
    return await Darkroom().develop(lambda: content)


async def refused(content: bytes) -> str:
    with pytest.raises(FileFault) as raised:
        await develop(content)
    return raised.value.code


def opened(developed: Developed) -> Image.Image:
    picture = Image.open(io.BytesIO(developed.jpeg))
    picture.load()
    return picture


async def test_what_the_camera_wrote_is_read_and_nothing_of_it_is_kept() -> None:
    sent = photo(1, comment=b"CATATAN RAHASIA", icc_profile=b"\0" * 200, xmp=b"<x:xmpmeta>RAHASIA</x:xmpmeta>")
    assert b"RAHASIA" in sent
    developed = await develop(sent)
    details = developed.found.details
    assert details.taken_at == TAKEN
    assert details.position is not None
    assert (details.position.latitude, details.position.longitude) == (POSITION["latitude"], POSITION["longitude"])
    assert details.position.accuracy_m == POSITION["accuracy_m"]
    kept = opened(developed)
    assert kept.format == "JPEG"
    assert (dict(kept.getexif()), set(kept.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}) == ({}, set())
    assert not any(mark in developed.jpeg for mark in (b"Exif", b"RAHASIA", b"http", b"ICC_PROFILE"))
    assert max(kept.size) == LONGEST_SIDE_PX
    assert (developed.found.width, developed.found.height) == kept.size


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photo_is_kept_upright(orientation: int) -> None:
    picture = Image.new("RGB", (800, 600), "black")
    ImageDraw.Draw(picture).rectangle((0, 0, 400, 300), fill="white")  # the corner at the top left
    held = {
        1: [], 2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM], 5: [Image.Transpose.TRANSPOSE], 6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE], 8: [Image.Transpose.ROTATE_270],
    }[orientation]  # fmt: skip
    as_held = picture
    for turn in held:
        as_held = as_held.transpose(turn)
    kept = opened(await develop(encoded(as_held, exif=exif(orientation)))).convert("L")
    assert kept.size == (800, 600)
    assert [kept.getpixel(at) for at in ((100, 100), (700, 500), (700, 100), (100, 500))] == [255, 0, 0, 0]


async def test_tags_that_are_nonsense_make_a_photo_none_the_worse() -> None:
    tags = exif(orientation=77)
    tags.get_ifd(0x8825).update({2: (900.0, 0.0, 0.0), 31: 0.0})
    tags.get_ifd(0x8769).update({0x9003: "besok"})
    details = (await develop(encoded(scene(2), exif=tags))).found.details
    assert (details.taken_at, details.position) == (None, None)
    damaged = encoded(scene(2), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert (await develop(damaged)).found.details.position is None


@pytest.mark.parametrize(
    ("format", "mode", "how"),
    [
        ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "P", {}), ("PNG", "L", {}), ("PNG", "1", {}),
        ("PNG", "I;16", {}), ("WEBP", "RGB", {}),
        ("JPEG", "L", {}), ("JPEG", "CMYK", {}), ("JPEG", "RGB", {"progressive": True}),
        ("MPO", "RGB", {}),
    ],
)  # fmt: skip
async def test_every_way_a_phone_writes_a_photo_is_taken(format: str, mode: str, how: dict[str, Any]) -> None:
    drawn = scene(3, (640, 480))
    if mode == "I;16":
        picture = Image.frombytes(
            "I;16", drawn.size, b"".join(struct.pack("<H", v * 257) for v in drawn.convert("L").tobytes())
        )
    else:
        picture = drawn.convert(mode)
    if format == "MPO":
        how = {"save_all": True, "append_images": [scene(4, (640, 480))]}
    developed = await develop(encoded(picture, format, **how))
    kept = opened(developed)
    assert (kept.size, kept.mode) == ((640, 480), "RGB")
    plain = (await develop(encoded(drawn))).found.perceptual
    if mode != "1":
        assert distance(developed.found.perceptual, plain) <= MOST_DISTANCE


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, *, rows: int) -> bytes:
    """A PNG that claims a size and brings so many black rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes((width * 3 + 1) * rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


async def test_a_bomb_is_refused() -> None:
    assert await refused(png_of(60_000, 60_000, rows=10)) == "photo_too_many_pixels"
    assert await refused(png_of(5_200, 5_000, rows=5_000)) == "photo_too_many_pixels"
    black = encoded(Image.new("L", (16_000, 16_000)), quality=1)
    assert len(black) < 4 << 20
    assert await refused(black) == "photo_too_many_pixels"


async def test_what_needs_more_memory_than_a_child_has_ends_the_child_alone() -> None:
    with pytest.raises(FileFault) as raised:
        await Darkroom(memory_mb=128).develop(lambda: png_of(4_900, 5_000, rows=5_000))
    assert raised.value.code == "photo_too_many_pixels"
    # The most demanding files within the bounds do fit.
    progressive = encoded(Image.new("RGB", (8_200, 6_200), "red"), progressive=True, subsampling=0, quality=30)
    for largest in (progressive, png_of(4_900, 5_000, rows=5_000), encoded(Image.new("RGBA", (4_000, 3_900)), "WEBP")):
        assert (await develop(largest)).found.width <= LONGEST_SIDE_PX


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_cut_short_is_refused(format: str) -> None:
    whole = encoded(scene(5, (900, 700)), format)
    for length in (12, 40, len(whole) // 2, len(whole) - 500):
        assert await refused(whole[:length]) in ("photo_damaged", "photo_type")
    assert await refused(whole[: len(whole) // 2]) == "photo_damaged"


async def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    whole = bytearray(encoded(scene(5, (900, 700)), "PNG"))
    whole[len(whole) // 2] ^= 1
    assert await refused(bytes(whole)) == "photo_damaged"


async def test_what_is_no_photo_is_refused_whatever_it_is_called() -> None:
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    frames = [scene(n, (300, 300)) for n in range(3)]
    for content in (
        b"NIK;NAMA\n", svg, b"%PDF-1.7\n", b"PK\x03\x04" + bytes(100), b"MZ" + bytes(500), bytes(5_000),
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), encoded(frames[0], "GIF"),
        encoded(frames[0], "TIFF"), encoded(frames[0], "BMP"),
    ):  # fmt: skip
        assert await refused(content) == "photo_type"


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
async def test_a_moving_picture_is_refused(format: str) -> None:
    frames = [scene(n, (300, 300)) for n in range(3)]
    assert await refused(encoded(frames[0], format, save_all=True, append_images=frames[1:])) == "photo_animated"


async def test_a_file_that_is_also_something_else_is_refused() -> None:
    archive = io.BytesIO(photo(6))
    with zipfile.ZipFile(archive, "a") as together:
        together.writestr("padan.exe", b"MZ")
    assert await refused(archive.getvalue()) == "photo_two_files"
    for hidden in (b"%PDF-1.4 stream", b"<html><script>alert(1)</script>"):
        assert await refused(encoded(scene(6), comment=hidden)) == "photo_two_files"


async def test_what_a_phone_appends_is_left_out() -> None:
    film = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 100
    plain, with_film = await develop(photo(6)), await develop(photo(6) + film)
    assert with_film.jpeg == plain.jpeg


async def test_a_preview_is_no_evidence() -> None:
    assert await refused(encoded(scene(7, (160, 120)))) == "photo_too_small"


def distance(one: int, other: int) -> int:
    return ((one ^ other) & (1 << 64) - 1).bit_count()


async def test_a_photo_changed_a_little_is_near_and_another_is_not() -> None:
    for seed in range(20, 24):
        first = scene(seed)
        width, height = first.size
        cropped = first.crop((width // 100, height // 100, width - width // 100, height - height // 100))
        of_first = (await develop(encoded(first, quality=92))).found.perceptual
        for changed in (
            encoded(first, quality=35), encoded(first.resize((900, 675))), encoded(cropped, quality=60),
            encoded(first.point(lambda value: min(255, value + 25))), encoded(first, "WEBP", quality=40),
        ):  # fmt: skip
            assert distance((await develop(changed)).found.perceptual, of_first) <= MOST_DISTANCE, seed
        another = (await develop(encoded(scene(seed + 100)))).found.perceptual
        assert distance(another, of_first) > 2 * MOST_DISTANCE


def test_whatever_differs_in_seven_bits_shares_what_is_looked_up() -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        one = chance.getrandbits(64)
        other = one
        for bit in chance.sample(range(64), 7):
            other ^= 1 << bit
        looked_up = likeness.near(one - (1 << 64) if one >> 63 else one)
        bands = [other >> 16 * number & 0xFFFF for number in range(4)]
        assert any(band in values for band, values in zip(bands, looked_up, strict=True))
