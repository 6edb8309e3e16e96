"""The memory of a service process: what Python's collector and glibc's allocator do by themselves costs too much."""

import ctypes
import gc
from typing import Final

_M_ARENA_MAX: Final = -8
_M_TRIM_THRESHOLD: Final = -1
_TRIM_ABOVE: Final = 1 << 20
_LIBC: Final = ctypes.CDLL(None)


def prepare_for_batches() -> None:
    """Call once a service stands, before it takes work.

    A batch makes some hundred thousand objects without a cycle among them; looking for cycles every 700 took a tenth
    of the time of deciding. And every worker thread would keep an arena of freed memory for itself.
    """
    _LIBC.mallopt(_M_ARENA_MAX, 2)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def give_back_large_blocks() -> None:
    """Call beside `prepare_for_batches` where a batch is blocks of some hundred kilobytes: sealed parts of files.

    glibc takes the first large block that is freed for a sign that more will come, and from then on keeps blocks up to
    32 MB among the small ones, which hold their pages (some 20 MB of a service of 290, measured). A threshold that is
    set by hand ends that: large blocks go back to the system as they are freed.
    """
    _LIBC.mallopt(_M_TRIM_THRESHOLD, _TRIM_ABOVE)


def give_back_memory() -> None:
    """Return the memory of what was worked off to the system: freed pages of glibc's arenas, and young cycles."""
    # Questions and answers over HTTP hang together in cycles, half a megabyte each.
    gc.collect(1)
    _LIBC.malloc_trim(0)
