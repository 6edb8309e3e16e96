"""Payment lists, recoveries and findings as tables for 80 columns."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from padan_cli.payments_results import Row

_STATUSES: Final = {
    "listed": "tercantum / listed",
    "account_checked": "rekening dicek / account checked",
    "account_failed": "rekening bermasalah / account failed",
    "ordered": "diperintahkan / ordered",
    "paid": "dibayar / paid",
    "withdrawn": "diambil / withdrawn",
    "not_withdrawn": "belum diambil / not withdrawn",
    "returned": "dikembalikan / returned",
    "excluded": "tidak dibayar / excluded",
}
_FINDINGS: Final = {
    "paid_after_death": "dibayar setelah meninggal / paid after death",
    "paid_twice": "dibayar dua kali / paid twice",
    "paid_without_place": "dibayar tanpa tempat / paid without a place",
    "paid_while_barred": "dibayar saat terlarang / paid while barred",
    "card_not_distributed": "kartu belum dibagikan / card not distributed",
}
_RECOVERIES: Final = {
    "paid_after_death": "dibayar setelah meninggal / paid after death",
    "paid_twice": "dibayar dua kali / paid twice",
}
_OUTCOMES: Final = {
    None: "terbuka / open",
    "returned": "kembali / returned",
    "received_by_family": "diterima keluarga / received by family",
    "written_off": "dihapuskan / written off",
    "unfounded": "tidak terbukti / unfounded",
}


def console() -> Console:
    """Where tables go."""
    return Console(highlight=False)


def show_lists(out: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """Each list with its totals by status: their sums are the list's."""
    if not found:
        out.print("Tidak ada daftar bayar.\nThere is no payment list.")
    for one in found:
        making = "" if one["complete"] else " · sedang dibuat / being made"
        out.print(
            f"{one['programme']} {one['stage']} → {one['bank']}{making}\n"
            f"    {one['list_id']}\n    {one['made_by']} {one['made_at']}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
        out.print(_totals(one))
        for order in one["orders"]:
            show_order(out, order)


def show_order(out: Console, order: Mapping[str, Any]) -> None:
    """What was ordered at once, and what was not."""
    out.print(
        f"perintah / order {order['order']}: {order['lines']:,} baris / lines, Rp {order['amount_idr']:,}\n"
        f"    tidak dibayar / excluded {order['excluded']:,} · ditahan / held {order['held']:,}\n"
        f"    {order['by']} {order['at']}\n    SHA-256 {order['digest'] or '-'}",
        markup=False, soft_wrap=True,
    )  # fmt: skip


def _totals(one: Mapping[str, Any]) -> Table:
    table = _table("status", ("baris\nlines", "Rp"))
    for status, words in _STATUSES.items():
        total = one["totals"].get(status)
        if total is not None and total["lines"]:
            table.add_row(words, f"{total['lines']:,}", f"{total['amount_idr']:,}")
    table.add_section()
    table.add_row("semuanya / all", f"{one['lines']:,}", f"{one['amount_idr']:,}")
    held = one["held"]
    if held["lines"]:
        table.add_row("di antaranya ditahan / of them held", f"{held['lines']:,}", f"{held['amount_idr']:,}")
    return table


def show_line(out: Console, line: Mapping[str, Any]) -> None:
    """A line as it stands."""
    held = line["held"]
    why = "" if held is None else f"\n    ditahan / held: {', '.join(held['reasons'])}{_until(held)}"
    out.print(
        f"{line['line']} {line['household_id']}: {_STATUSES[line['status']]}{why}",
        markup=False, soft_wrap=True,
    )  # fmt: skip


def _until(held: Mapping[str, Any]) -> str:
    return f" (s.d. / until {held['until']})" if held["until"] else ""


def show_answers(out: Console, rows: Sequence[Row]) -> None:
    """What became of a file of results: taken, taken already, and refused by code and column, each in words with what
    to do."""
    answers = Counter(row.answer["answer"] for row in rows)
    table = Table(box=box.SIMPLE_HEAD, show_header=False, width=80)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_row(f"{answers['taken']:,}", "diterima / taken")
    table.add_row(f"{answers['taken_already']:,}", "sudah pernah diterima / taken already")
    table.add_row(f"{answers['refused']:,}", "ditolak / refused")
    out.print(table)
    why: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.answer["answer"] == "refused":
            why.setdefault((row.answer["code"], row.answer.get("column", "")), []).append(row)
    if not why:
        return
    reasons = Table(box=box.SIMPLE_HEAD, show_header=False, width=80)
    reasons.add_column(justify="right", no_wrap=True)
    reasons.add_column()
    for (code, _column), found in sorted(why.items(), key=lambda pair: -len(pair[1])):
        one = found[0].answer
        words = f"{code}\n{one['id']} {one['next_id']}\n{one['en']} {one['next_en']}"
        reasons.add_row(f"{len(found):,}", words)
    out.print(reasons)


def show_recoveries(out: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """Recoveries, each with its id, and what they come to."""
    if not found:
        out.print("Tidak ada yang harus dikembalikan.\nNothing is to be recovered.")
        return
    table = _table("pengembalian / recovery", ("Rp",))
    for one in found:
        words = f"{_RECOVERIES[one['reason']]} · {_OUTCOMES[one['outcome']]}"
        of = f"{one['programme']} {one['stage']} {one['regency']['code']} · baris / line {one['line']}"
        table.add_row(f"{words}\n{of}\n{one['recovery_id']}", f"{one['amount_idr']:,}")
    table.add_section()
    table.add_row(f"semuanya / all: {len(found):,}", f"{sum(one['amount_idr'] for one in found):,}")
    out.print(table)


def show_findings(out: Console, found: Sequence[Mapping[str, Any]], *, most: int = 20) -> None:
    """Findings by kind, programme and stage, and the first of them one by one, with how many events prove each."""
    if not found:
        out.print("Tidak ada temuan.\nThere are no findings.")
        return
    table = _table("temuan / finding", ("jumlah\nfindings", "Rp"))
    sums: dict[tuple[str, str, str], list[int]] = {}
    for one in found:
        sums.setdefault((one["kind"], one["programme"], one["stage"]), []).append(one["amount_idr"])
    for (kind, programme, stage), amounts in sorted(sums.items()):
        table.add_row(f"{_FINDINGS[kind]}\n{programme} {stage}", f"{len(amounts):,}", f"{sum(amounts):,}")
    table.add_section()
    table.add_row("semuanya / all", f"{len(found):,}", f"{sum(one['amount_idr'] for one in found):,}")
    out.print(table)
    for one in found[:most]:
        out.print(
            f"{one['paid_on']} {one['kind']} {one['programme']} {one['stage']}\n"
            f"    {one['regency']['code']} {one['regency']['name']} · baris / line {one['line']}, "
            f"Rp {one['amount_idr']:,}\n    {one['household_id']}\n"
            f"    {_proofs(one['events'])}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    if len(found) > most:
        out.print(f"... {len(found) - most:,} lagi / more: --csv")


def _proofs(events: Iterable[Mapping[str, Any]]) -> str:
    return "\n    ".join(f"{_short(one['type'])} {one['event_id']}" for one in events)


def _short(type_: str) -> str:
    return type_.split(".")[-2]


def _table(first: str, numbers: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, width=80)
    table.add_column(first)
    for title in numbers:
        table.add_column(title, justify="right", no_wrap=True)
    return table
