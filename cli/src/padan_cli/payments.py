"""`padan payments`: payment lists of closed stages, what the bank tells of them, holds and recoveries."""

from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from padan_gateway.domain.access import Purpose, Role
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from padan_cli.csv_files import write_csv
from padan_cli.ingest import Gateway, must_be_readable
from padan_cli.patience import patiently
from padan_cli.payments_results import COLUMNS, read_rows, refused, send, write_refused
from padan_cli.payments_tables import console, show_answers, show_line, show_lists, show_order, show_recoveries
from padan_cli.platform_commands import InstanceName
from padan_cli.policy import Acting, Token, gateway_of

payments = typer.Typer(
    help="Make and order payment lists, give a bank's results, hold lines, settle recoveries.", no_args_is_help=True
)
_PAGE: Final = 1_000
_WITHIN_S: Final = 650.0
_LINE: Final = (
    "line", "household_id", "regency", "person_id", "name", "nik", "amount_idr", "status", "since", "reason", "card",
    "held",
)  # fmt: skip


class Status(StrEnum):
    """How far the payment of a line has come."""

    LISTED = "listed"
    ACCOUNT_CHECKED = "account_checked"
    ACCOUNT_FAILED = "account_failed"
    ORDERED = "ordered"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    NOT_WITHDRAWN = "not_withdrawn"
    RETURNED = "returned"
    EXCLUDED = "excluded"


class RecoveryState(StrEnum):
    """Whether money is still to come back."""

    OPEN = "open"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a recovery was settled."""

    RETURNED = "returned"
    RECEIVED_BY_FAMILY = "received_by_family"
    WRITTEN_OFF = "written_off"
    UNFOUNDED = "unfounded"


_List = Annotated[
    str, typer.Argument(metavar="LIST", help="The payment list's id, as `padan payments lists` prints it.")
]
_Line = Annotated[int, typer.Argument(help="The number of the line.")]
_Reader = Annotated[Role, typer.Option(metavar="ROLE", help="As whom, such as auditor, or paying_bank of its lists.")]
_Bank = Annotated[Role, typer.Option(metavar="ROLE", help="As whom: the bank that the list names.")]
_Region = Annotated[str, typer.Option(help="For which region you act: its code, or ID for the nation.")]
_Subject = Annotated[str, typer.Option(help="Who acts, as it will stand in the events.")]
_Key = Annotated[str | None, typer.Option(help="Names this request: the same again is answered the same.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(payments, name="payments", rich_help_panel="Working with it")


@payments.command("lists")
def lists(
    subject: _Subject = "padan-payments",
    role: _Reader = Role.AUDITOR,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Show payment lists: what was listed, ordered, paid and held, and how much of each."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        show_lists(console(), gateway.get("/v1/payment-lists")["lists"])


@payments.command()
def make(  # noqa: PLR0917 - typer calls it, by name
    period: Annotated[str, typer.Argument(help="The closed stage's id, as `padan periods list` prints it.")],
    bank: Annotated[str, typer.Option(help="The account of the bank that pays: only it gives the results.")],
    subject: _Subject,
    key: _Key = None,
    role: Acting = Role.MINISTRY,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Make the payment list of a closed stage, once."""
    body = {"period_id": period, "bank": bank}
    with gateway_of(instance, token, role, region, subject) as gateway, console().status("menyusun / making"):
        found = gateway.post("/v1/payment-lists", json=body, headers=_named(key), timeout=_WITHIN_S)
    show_lists(console(), [found])


@payments.command()
def lines(  # noqa: PLR0917 - typer calls it, by name
    list_id: _List,
    csv: Annotated[Path, typer.Option(help="Where to write the lines: for the bank, or for a spreadsheet.")],
    status: Annotated[Status | None, typer.Option(help="Only those of this status, such as ordered.")] = None,
    held: Annotated[bool | None, typer.Option("--held/--not-held", help="Only those that wait, or do not.")] = None,
    purpose: Annotated[
        Purpose | None, typer.Option(help="Why names and NIKs are read, as it will stand in the log.")
    ] = None,
    subject: _Subject = "padan-payments",
    role: _Reader = Role.AUDITOR,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Write a list's lines. Who receives is masked where no purpose is stated; with one the read is logged."""
    asked = "".join(
        f"&{name}={value}"
        for name, value in (("status", status and status.value), ("held", None if held is None else str(held).lower()))
        if value is not None
    )
    with gateway_of(instance, token, role, region, subject) as gateway:
        address = f"/v1/payment-lists/{list_id}/lines?limit={_PAGE}{asked}"
        count = write_csv(csv, _LINE, _lines(gateway, address, None if purpose is None else purpose.value))
    Console(highlight=False).print(f"{count:,} baris / lines\nCSV: {csv}", soft_wrap=True, markup=False)


def _lines(gateway: Gateway, address: str, purpose: str | None) -> Iterator[dict[str, Any]]:
    cursor: int | None = 0
    with _bar() as bars:
        bar = bars.add_task("baris / lines", total=None)
        while cursor is not None:
            page = patiently(partial(gateway.get, f"{address}&cursor={cursor}", purpose=purpose))
            for line in page["lines"]:
                held = "" if line["held"] is None else " ".join(line["held"]["reasons"])
                yield {**{name: line[name] for name in _LINE if name in line}, **line["recipient"], "held": held}
            bars.advance(bar, len(page["lines"]))
            cursor = page["next_cursor"]


@payments.command()
def results(  # noqa: PLR0917 - typer calls it, by name
    list_id: _List,
    file: Annotated[Path, typer.Argument(help="CSV; its header: `padan payments template`.")],
    subject: _Subject,
    role: _Bank = Role.PAYING_BANK,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Give a bank's results. The same file again changes nothing; what was refused is written beside it, with why."""
    must_be_readable(file)
    rows, out = read_rows(file), console()
    with gateway_of(instance, token, role, region, subject) as gateway, _bar() as bars:
        bar = bars.add_task("hasil / results", total=len(rows))
        send(gateway, list_id, rows, lambda count: bars.advance(bar, count), written=file.stat().st_mtime_ns)
    show_answers(out, rows)
    if wrong := refused(rows):
        beside = file.with_suffix(".refused.csv")
        write_refused(wrong, beside)
        out.print(f"Yang ditolak / refused: {beside}", soft_wrap=True, markup=False)
        raise typer.Exit(1)


@payments.command()
def template() -> None:
    """Print the header of a file of results, and an example of each kind of row."""
    typer.echo(",".join(COLUMNS))
    for example in (
        "1,account_checked,2026-03-02,,,,",
        "2,account_failed,2026-03-02,,account_blocked,,",
        "1,paid,2026-03-10,600000,,TRX/2026/0001,distributed",
        "1,withdrawn,2026-03-12,,,,",
    ):
        typer.echo(example)


@payments.command()
def order(  # noqa: PLR0917 - typer calls it, by name
    list_id: _List,
    subject: _Subject,
    key: _Key = None,
    role: Acting = Role.MINISTRY,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Order from the bank what it has checked the accounts of, and nothing holds; again after repairs."""
    with gateway_of(instance, token, role, region, subject) as gateway, console().status("memerintahkan / ordering"):
        found = gateway.post(f"/v1/payment-lists/{list_id}/order", headers=_named(key), timeout=_WITHIN_S)
    out = console()
    show_order(out, found)
    show_lists(out, [found["list"]])


@payments.command()
def hold(  # noqa: PLR0917 - typer calls it, by name
    list_id: _List,
    line: _Line,
    subject: _Subject,
    reason: Annotated[str, typer.Option(help="Your own code of why, such as address_disputed.")],
    until: Annotated[str | None, typer.Option(help="Last date of it, such as 2026-04-30.")] = None,
    key: _Key = None,
    role: Acting = Role.MINISTRY,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Hold a line that is not paid yet."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        body = {"reason": reason, "until": until}
        address = f"/v1/payment-lists/{list_id}/lines/{line}/hold"
        show_line(console(), gateway.post(address, json=body, headers=_named(key)))


@payments.command()
def release(  # noqa: PLR0917 - typer calls it, by name
    list_id: _List,
    line: _Line,
    subject: _Subject,
    without_caretaker: Annotated[
        str | None, typer.Option(help="Of a family that will have none: your own code of why, such as children_alone.")
    ] = None,
    key: _Key = None,
    role: Acting = Role.MINISTRY,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Let a line go on that was held by hand, or that waits for a caretaker."""
    with gateway_of(instance, token, role, region, subject) as gateway:
        address = f"/v1/payment-lists/{list_id}/lines/{line}/release"
        show_line(console(), gateway.post(address, json={"reason": without_caretaker}, headers=_named(key)))


@payments.command()
def recoveries(  # noqa: PLR0917 - typer calls it, by name
    state: Annotated[RecoveryState | None, typer.Option(help="Only those that are open, or closed.")] = None,
    programme: Annotated[str | None, typer.Option(help="Only those of this programme.")] = None,
    role: _Reader = Role.AUDITOR,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Show money that has to come back, or to be settled otherwise."""
    asked = (f"&state={state.value}" if state else "") + (f"&programme={programme}" if programme else "")
    with gateway_of(instance, token, role, region, "padan-payments") as gateway:
        show_recoveries(console(), list(pages(gateway, f"/v1/recoveries?limit={_PAGE}{asked}", "recoveries")))


@payments.command()
def close(  # noqa: PLR0917 - typer calls it, by name
    recovery: Annotated[str, typer.Argument(help="The recovery's id, as `padan payments recoveries` prints it.")],
    outcome: Annotated[Outcome, typer.Option(help="How it was settled.")],
    subject: _Subject,
    amount_idr: Annotated[int, typer.Option("--amount-idr", min=0, help="What came back, in rupiah.")] = 0,
    key: _Key = None,
    role: Acting = Role.MINISTRY,
    region: _Region = "ID",
    token: Token = None,
    instance: InstanceName = "local",
) -> None:
    """Say how a recovery was settled."""
    body = {"outcome": outcome.value, "amount_idr": amount_idr}
    with gateway_of(instance, token, role, region, subject) as gateway:
        show_recoveries(console(), [gateway.post(f"/v1/recoveries/{recovery}/close", json=body, headers=_named(key))])


def pages(gateway: Gateway, address: str, what: str) -> Iterator[dict[str, Any]]:
    """All that an address answers with, page by page."""
    page = patiently(partial(gateway.get, address))
    yield from page[what]
    while page["next_cursor"] is not None:
        page = patiently(partial(gateway.get, f"{address}&cursor={page['next_cursor']}"))
        yield from page[what]


def _named(key: str | None) -> dict[str, str]:
    request = key or f"padan-{uuid4()}"
    Console(stderr=True, highlight=False).print(f"--key {request}", style="dim")
    return {"Idempotency-Key": request}


def _bar() -> Progress:
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
