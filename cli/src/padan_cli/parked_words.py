"""What `padan parked` prints: envelopes and reasons, never a value, and a key only where it has the form of an id."""

import re
from collections.abc import Sequence
from typing import Final

from padan_runtime.parking.operators import Action, Listed
from padan_runtime.parking.records import unpack
from rich.console import Console
from rich.table import Table

REASONS: Final = {
    "undecodable": ("isinya tidak dapat dibaca", "its bytes cannot be read"),
    "unknown_type": ("jenis yang belum dikenal versi ini", "a type this version does not know"),
    "handler_failed": ("pemrosesannya gagal", "handling it failed"),
    "behind": ("menunggu catatan di depannya", "waits behind another"),
    "not_an_event": ("bukan peristiwa Padan", "no event of Padan"),
}
_STEPS: Final = {
    "undecodable": (
        "Pasang versi yang dapat membacanya, lalu `padan parked retry`; bila rusak selamanya, `drop`.",
        "Deploy a version that can read it, then `padan parked retry`; where it is spoilt for good, `drop`.",
    ),
    "unknown_type": (
        "Pasang versi pembaca yang lebih baru, lalu `padan parked retry`.",
        "Deploy a newer version of the reader, then `padan parked retry`.",
    ),
    "handler_failed": (
        "Perbaiki penyebabnya (lihat kelas dan tempat galat, dan log), lalu `padan parked retry`.",
        "Mend the cause (see class and place of the error, and the log), then `padan parked retry`.",
    ),
    "behind": (
        "Tidak ada yang salah padanya: urus catatan terdepan rumah tangga ini.",
        "Nothing is wrong with it: see to the first record of this household.",
    ),
    "not_an_event": (
        "Cari siapa yang menulis ke topik ini dan tutup dengan ACL, lalu `padan parked drop`.",
        "Find who wrote to this topic and close it by ACL, then `padan parked drop`.",
    ),
}
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z][a-z_-]{0,40}")
_SAFE: Final = re.compile(rb"[a-z0-9_./:+TZ-]{1,120}", re.ASCII)
_SHOWN_HEADERS: Final = ("ce_id", "ce_source", "ce_type", "ce_time", "ce_shard", "ce_pos", "ce_correlationid",
                         "ce_causationid")  # fmt: skip


def key_of(listed: Listed) -> str:
    """The key where it is an id or a programme; a stranger's may be anything."""
    text = (listed.key or b"").decode(errors="replace")
    return text if _ID.fullmatch(text) else f"({len(listed.key or b'')} B)"


def print_list(listed: Sequence[Listed], count: int, console: Console) -> None:
    """A table of what is parked."""
    if not count:
        console.print("Tidak ada yang terparkir.\nNothing is parked.")
        return
    table = Table("id", "reader", "topic/shard", "pos", "key", "reason", "tries", "state", box=None)
    for row in listed:
        pos = f"@{row.offset}" if row.pos is None else str(row.pos)
        place = f"{row.topic}/{row.shard}"
        colour = "dim" if row.reason == "behind" else "red"
        table.add_row(
            str(row.parked_id)[:8], row.reader, place, pos, key_of(row), f"[{colour}]{row.reason}[/]",
            str(row.attempts), row.state,
        )  # fmt: skip
    console.print(table)
    shown = "" if count == len(listed) else f" ({len(listed)} ditampilkan / shown)"
    console.print(f"{count} terparkir / parked{shown}")


def print_one(row: Listed, behind: int, console: Console) -> None:
    """One record, with what to do about it."""
    table = Table(show_header=False, box=None)
    indonesian, english = REASONS[row.reason]
    headers = {name: data or b"" for name, data in unpack(row.headers)}
    for name, value in (
        ("id", str(row.parked_id)),
        ("reader", row.reader),
        ("topic/shard", f"{row.topic}/{row.shard}"),
        ("pos", "-" if row.pos is None else str(row.pos)),
        ("offset", f"{row.offset} ({row.cluster_id})"),
        ("key", key_of(row)),
        ("type", row.type or "-"),
        ("reason", f"{row.reason}: {indonesian} / {english}"),
        ("error", row.error or "-"),
        ("behind it", str(behind)),
        ("parked at", f"{row.parked_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("tries", str(row.attempts) + (f", {row.tried_at:%Y-%m-%d %H:%M:%S %Z}" if row.tried_at else "")),
        ("state", row.state),
        ("value", f"{row.size} B, sha256 {row.digest.hex()}"),
        *((name, headers[name].decode()) for name in _SHOWN_HEADERS if _SAFE.fullmatch(headers.get(name, b""))),
    ):
        table.add_row(f"[dim]{name}[/]", value)
    console.print(table)
    for step in _STEPS[row.reason]:
        console.print(step, soft_wrap=True)


def print_actions(actions: Sequence[Action], console: Console) -> None:
    """What was done about a record, and by whom."""
    if not actions:
        return
    table = Table("at", "actor", "action", "reason", box=None)
    for action in actions:
        table.add_row(f"{action.at:%Y-%m-%d %H:%M:%S %Z}", action.actor, action.action, action.reason or "")
    console.print(table)
