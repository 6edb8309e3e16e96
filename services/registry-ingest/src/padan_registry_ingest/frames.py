"""Frames as Parquet in memory: how rows travel between processes, and how they are kept."""

import io

import polars as pl


def packed(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    return buffer.getvalue()


def unpacked(parquet: bytes) -> pl.DataFrame:
    """What `packed` made."""
    return pl.read_parquet(io.BytesIO(parquet))
