"""What a row is recognized by, and whether it is the same: keyed hashes of its cells."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import polars as pl

from padan_registry_ingest.batches.chunks import Chunk
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.domain.digest import CELL_END, ROW_END

Hash = Callable[[str], bytes]
_SIXTEEN: Final = re.compile(r"[0-9]{16}", re.ASCII)


class Fingerprint(msgspec.Struct, frozen=True):
    """One row. A hash is None where the row has nothing to recognize it by."""

    row: int
    nik: bytes | None
    card: bytes | None
    person: bytes | None
    digest: bytes


def fingerprints(chunk: Chunk, keyed_hash: Hash) -> Iterator[Fingerprint]:
    """The rows of a chunk of a registration. The order in which a family's members stand does not count."""
    families = _families(chunk)
    cells = pl.concat_str([pl.col(name) for name in RECIPIENTS.columns], separator=CELL_END).alias("cells")
    for row, nik, card, name, born, text in chunk.recipients.select(
        "row", "NIK", "NO_KK", "NAMA", "TGL_LAHIR", cells
    ).iter_rows():
        person = " ".join(name.upper().split())
        yield Fingerprint(
            row=row,
            nik=keyed_hash(nik) if _SIXTEEN.fullmatch(nik) else None,
            card=keyed_hash(f"kk:{card}") if _SIXTEEN.fullmatch(card) else None,
            person=keyed_hash(f"person:{person}{CELL_END}{born}") if person and born else None,
            digest=keyed_hash(f"row:{text}{ROW_END}{families.get(card, '')}"),
        )


def _families(chunk: Chunk) -> dict[str, str]:
    if chunk.members is None or chunk.members.height == 0:
        return {}
    cells = pl.concat_str([pl.col(name) for name in MEMBERS.columns], separator=CELL_END).alias("cells")
    of_card = chunk.members.select("NO_KK", cells).filter(pl.col("NO_KK") != "").sort("cells")
    return dict(of_card.group_by("NO_KK", maintain_order=True).agg(pl.col("cells").str.join(ROW_END)).iter_rows())
