"""Photos that tests take: drawn from a seed, with what a camera writes into them."""

import io
import random
from typing import Any

from PIL import Image, ImageDraw

TAKEN = "2026-03-14T09:26:53+07:00"
POSITION = {"latitude": -6.754321, "longitude": 111.038056, "accuracy_m": 4.7}


def scene(seed: int, size: tuple[int, int] = (2000, 1500)) -> Image.Image:
    """A picture with light, shade and edges, as a house has; each seed another."""
    chance = random.Random(seed)
    width, height = size
    light = Image.frombytes("RGB", (10, 8), chance.randbytes(240)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(light)
    for _ in range(14):
        x, y = chance.randrange(width), chance.randrange(height)
        colour = tuple(chance.randbytes(3))
        draw.rectangle((x, y, x + chance.randrange(width // 4), y + chance.randrange(height // 4)), fill=colour)
    return light


def exif(orientation: int = 1) -> Image.Exif:
    """When, where and how the camera was held."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "MERK RAHASIA"
    tags.get_ifd(0x8769).update({0x9003: "2026:03:14 09:26:53", 0x9011: "+07:00"})
    tags.get_ifd(0x8825).update({
        1: "S", 2: (6.0, 45.0, 15.556), 3: "E", 4: (111.0, 2.0, 17.0), 31: 4.7,
    })  # fmt: skip
    return tags


def encoded(picture: Image.Image, format: str = "JPEG", **how: Any) -> bytes:
    """The bytes of a file."""
    into = io.BytesIO()
    picture.save(into, format, **how)
    return into.getvalue()


def photo(seed: int, **how: Any) -> bytes:
    """A JPEG as a phone sends it."""
    return encoded(scene(seed), "JPEG", **({"quality": 90, "exif": exif()} | how))
