"""`padan parked`: what readers could not handle: look at it, have it tried again, have it dropped.

The command applies nothing itself: it writes down what is asked for, and the reader takes it up within a second or two.
It works on one service's database (PADAN_DATABASE_URL, as a job beside the service has it) or on all four of a local
platform. Values are never printed: their length and digest are.
"""

import getpass
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any, Final
from uuid import UUID

import psycopg
import typer
from padan_runtime.parking import operators
from padan_runtime.parking.operators import Listed
from psycopg import Connection
from rich.console import Console

from padan_cli.maintenance import InstanceOrEnvironment
from padan_cli.parked_words import print_actions, print_list, print_one
from padan_cli.platform import Instance, PlatformError
from padan_cli.platform.instance import DATABASES

_MANY: Final = 500
_POLL_S: Final = 0.2
"""Between two looks: what readers do with parked events is told in a table only."""
Found = tuple[Connection[Any], Listed]

commands = typer.Typer(no_args_is_help=True, help="What readers could not handle: look at it, try it again, drop it.")

DatabaseUrl = Annotated[
    str | None,
    typer.Option(envvar="PADAN_DATABASE_URL", help="One service's database, instead of a local platform's."),
]
Service = Annotated[str | None, typer.Option(help=f"Only this one: {', '.join(DATABASES)}.")]
Actor = Annotated[str | None, typer.Option(help="Who asks for it, as it will stand in the record; you by default.")]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for what comes of it.")]
ParkedId = Annotated[str, typer.Argument(help="Its id, or enough of the beginning.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(commands, name="parked", rich_help_panel="Looking after it")


@commands.command(name="list")
def list_(
    service: Service = None,
    reader: Annotated[str | None, typer.Option(help="Only this reader, such as gateway.views.")] = None,
    database_url: DatabaseUrl = None,
    instance: InstanceOrEnvironment = None,
) -> None:
    """List what is parked, in the order in which it waits."""
    with _databases(database_url, instance, service) as connections:
        listed = [row for connection in connections for row in operators.listing(connection, reader=reader)]
    print_list(listed[:_MANY], len(listed), Console(highlight=False))


@commands.command()
def show(parked_id: ParkedId, database_url: DatabaseUrl = None, instance: InstanceOrEnvironment = None) -> None:
    """Show one record: its envelope, why it is parked, and what was done about it; never its value."""
    with _databases(database_url, instance) as connections:
        found = _find(connections, parked_id)
        done = [action for connection in connections for action in operators.actions(connection, parked_id)]
        if not found and not done:
            raise _unknown(parked_id)
        console = Console(highlight=False)
        if found:
            connection, listed = found[0]
            print_one(listed, operators.count_behind(connection, listed), console)
        print_actions(done, console)


@commands.command()
def retry(  # noqa: PLR0917 - typer calls it, by name
    parked_id: Annotated[str | None, typer.Argument(help="Its id, or enough of the beginning.")] = None,
    household: Annotated[str | None, typer.Option(help="Everything of this household instead.")] = None,
    reader: Annotated[str | None, typer.Option(help="Everything of this reader instead.")] = None,
    actor: Actor = None,
    wait: Wait = 15.0,
    database_url: DatabaseUrl = None,
    instance: InstanceOrEnvironment = None,
) -> None:
    """Have the reader try again: each household from the first record that waits."""
    if sum(named is not None for named in (parked_id, household, reader)) != 1:
        raise PlatformError(
            "parked_nothing_named",
            "Sebutkan satu saja: ID, --household, atau --reader.",
            "Name exactly one: an id, --household, or --reader.",
        )
    with _databases(database_url, instance) as connections:
        if parked_id is not None:
            named = [_one(connections, parked_id)]
        else:
            named = [
                (connection, listed)
                for connection in connections
                for listed in operators.listing(connection, reader=reader, household=household)
            ]
        events = [(connection, listed) for connection, listed in named if listed.pos is not None]
        if not events:
            raise _nothing_to_retry(named)
        for connection in connections:
            own = [listed.parked_id for where, listed in events if where is connection]
            with connection.transaction():
                operators.ask_retry(connection, own, actor=_actor(actor))
        _tell(events, wait)


@commands.command()
def drop(  # noqa: PLR0917 - typer calls it, by name
    parked_id: ParkedId,
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever with your name.")],
    actor: Actor = None,
    wait: Wait = 15.0,
    database_url: DatabaseUrl = None,
    instance: InstanceOrEnvironment = None,
) -> None:
    """Have a record dropped for good. What waits behind it is then tried."""
    if not reason.strip():
        raise PlatformError(
            "drop_reason_missing",
            "Tulis alasannya: --reason 'mengapa catatan ini tidak akan diproses'.",
            "State why: --reason 'why this record will never be handled'.",
        )
    with _databases(database_url, instance) as connections:
        connection, listed = _one(connections, parked_id)
        with connection.transaction():
            if not operators.ask_drop(connection, listed.parked_id, actor=_actor(actor), reason=reason):
                raise _unknown(parked_id)  # the reader was quicker: it was tried meanwhile, and went through
        _tell([(connection, listed)], wait)


@contextmanager
def _databases(url: str | None, instance: str | None, service: str | None = None) -> Iterator[list[Connection[Any]]]:
    if service is not None and service not in DATABASES:
        known = ", ".join(DATABASES)
        raise PlatformError(
            "service_unknown",
            f"Tidak ada layanan bernama {service!r}; yang ada: {known}.",
            f"There is no service called {service!r}; there are: {known}.",
        )
    if url is not None and instance is None:
        if service is not None:
            raise PlatformError(
                "service_and_database",
                "--service memilih di antara basis data platform lokal, sedangkan PADAN_DATABASE_URL sudah menunjuk "
                "satu basis data: pakai salah satu saja.",
                "--service chooses among the databases of a local platform, but PADAN_DATABASE_URL already names one "
                "database: use only one of the two.",
            )
        urls = [url]
    else:
        place = Instance.existing(instance or "local")
        urls = [place.database_url(DATABASES[name]) for name in ([service] if service else DATABASES)]
    try:
        with ExitStack() as opened:
            connections = [
                opened.enter_context(psycopg.connect(one, autocommit=True, connect_timeout=10)) for one in urls
            ]
            yield connections
    except psycopg.errors.UndefinedTable as error:
        raise PlatformError(
            "database_not_migrated",
            "Basis data belum dimigrasi untuk versi ini: jalankan layanannya dahulu.",
            "The database is not migrated to this version: start its service first.",
        ) from error
    except psycopg.OperationalError as error:
        raise PlatformError(
            "database_unreachable",
            "Basis data tidak dapat dihubungi: periksa PADAN_DATABASE_URL, atau jalankan `padan up`.",
            "The database cannot be reached: check PADAN_DATABASE_URL, or run `padan up`.",
        ) from error


def _find(connections: Sequence[Connection[Any]], prefix: str) -> list[Found]:
    found = [(connection, listed) for connection in connections for listed in operators.find(connection, prefix)]
    if len(found) > 1:
        raise PlatformError(
            "parked_id_ambiguous",
            f"Lebih dari satu catatan dimulai dengan {prefix!r}: tulis lebih banyak hurufnya.",
            f"More than one record begins with {prefix!r}: give more of its id.",
        )
    return found


def _one(connections: Sequence[Connection[Any]], prefix: str) -> Found:
    found = _find(connections, prefix)
    if not found:
        raise _unknown(prefix)
    return found[0]


def _unknown(prefix: str) -> PlatformError:
    return PlatformError(
        "parked_unknown",
        f"Tidak ada catatan terparkir dengan ID {prefix!r}: lihat `padan parked list`.",
        f"Nothing is parked under the id {prefix!r}: see `padan parked list`.",
    )


def _nothing_to_retry(named: Sequence[Found]) -> PlatformError:
    if named:
        return PlatformError(
            "parked_not_an_event",
            "Catatan ini bukan peristiwa Padan, jadi tidak dapat dicoba lagi: `padan parked drop ID --reason ...`.",
            "This record is no event of Padan, so there is nothing to try: `padan parked drop ID --reason ...`.",
        )
    return PlatformError(
        "parked_nothing",
        "Tidak ada yang terparkir di situ: lihat `padan parked list`.",
        "Nothing is parked there: see `padan parked list`.",
    )


def _actor(given: str | None) -> str:
    if given is not None and given.strip():
        return given.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid:{os.getuid()}"


def _tell(asked: Sequence[Found], wait: float) -> None:
    """Wait for what comes of it, and say it; exit status 1 where something failed again or nobody took it up."""
    console, until = Console(highlight=False), time.monotonic() + wait
    before = {listed.parked_id: listed.attempts for _, listed in asked}
    while True:
        left = {row.parked_id: row for connection in {c for c, _ in asked} for row in _still(connection, before)}
        failed = [row for row in left.values() if row.state == "parked"]
        open_ = [row for row in left.values() if row.state != "parked"]
        if not open_ or time.monotonic() > until:
            break
        time.sleep(_POLL_S)
    done = len(before) - len(left)
    if done:
        console.print(f"[green]{done}[/] selesai / done")
    if failed:
        tried = sum(row.attempts > before[row.parked_id] for row in failed)
        console.print(
            f"[red]{len(failed)}[/] masih terparkir ({tried} gagal lagi): lihat `padan parked list`\n"
            f"[red]{len(failed)}[/] still parked ({tried} failed again): see `padan parked list`"
        )
    if open_:
        console.print(
            f"[yellow]{len(open_)}[/] belum diambil: pembacanya tidak berjalan, atau sibuk\n"
            f"[yellow]{len(open_)}[/] not taken up yet: the reader is not running, or busy"
        )
    if failed or open_:
        raise typer.Exit(1)


def _still(connection: Connection[Any], ids: dict[UUID, int]) -> list[Listed]:
    return operators.listing(connection, ids=list(ids))
