"""Photos of houses that do not exist: drawn from a seed, with the position a phone writes into them.

`python -m padan_simulators.pictures SEED > house.jpg`
"""

import io
import random
import sys
from typing import Final

from PIL import Image, ImageDraw

_VILLAGE: Final = (-6.7545, 111.0381)


def picture(seed: int, *, latitude: float, longitude: float) -> bytes:
    """A JPEG with light, shade and edges, as a house has; each seed another."""
    chance = random.Random(seed)
    width, height = size = (1200, 900)
    light = Image.frombytes("RGB", (10, 8), chance.randbytes(240)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(light)
    for _ in range(14):
        x, y = chance.randrange(width), chance.randrange(height)
        colour = tuple(chance.randbytes(3))
        draw.rectangle((x, y, x + chance.randrange(width // 4), y + chance.randrange(height // 4)), fill=colour)
    tags = Image.Exif()
    tags.get_ifd(0x8825).update({
        1: "S" if latitude < 0 else "N", 2: _degrees(latitude), 3: "E", 4: _degrees(longitude),
    })  # fmt: skip
    into = io.BytesIO()
    light.save(into, "JPEG", quality=85, exif=tags)
    return into.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = abs(value) % 1 * 60
    return float(int(abs(value))), float(int(minutes)), round(minutes % 1 * 60, 3)


if __name__ == "__main__":
    sys.stdout.buffer.write(picture(int(sys.argv[1]), latitude=_VILLAGE[0], longitude=_VILLAGE[1]))
