"""A service without its owner's address: it looks whether its migrations stand, and says clearly where they do not."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_runtime.database import MigrationError, NotMigratedError, migrate, require_migrated
from padan_runtime.schema import Schema, prepare, ran_command
from padan_runtime.settings import DatabaseSettings

PACKAGES = ("padan_runtime",)


def schemas(settings: DatabaseSettings) -> list[Schema]:
    return [Schema(settings.database_url, settings.database_owner_url, PACKAGES)]


@pytest.fixture
def urls(make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    url, owner_url = make_database("household", ())
    monkeypatch.setenv("PADAN_DATABASE_URL", url)
    monkeypatch.delenv("PADAN_DATABASE_OWNER_URL", raising=False)
    yield url, owner_url
    structlog.reset_defaults()  # a command writes its log to the standard output of this one test


def test_an_empty_database_is_not_migrated_and_its_migrations_are_named(urls: tuple[str, str]) -> None:
    url, owner_url = urls
    with pytest.raises(NotMigratedError, match=r"0001_log\.sql.*0002_reader\.sql"):
        require_migrated(url, PACKAGES)
    migrate(owner_url, PACKAGES, grant_to="household")
    require_migrated(url, PACKAGES)


def test_a_missing_one_is_named_a_changed_one_refused_and_another_versions_let_be(urls: tuple[str, str]) -> None:
    url, owner_url = urls
    migrate(owner_url, PACKAGES, grant_to="household")
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("INSERT INTO migration VALUES ('padan_runtime', 9999, '9999_of_tomorrow.sql', 'digest')")
        require_migrated(url, PACKAGES)
        owner.execute("DELETE FROM migration WHERE number = 2")
        with pytest.raises(NotMigratedError, match=r"^missing padan_runtime 0002_reader\.sql$"):
            require_migrated(url, PACKAGES)
        owner.execute("UPDATE migration SET digest = 'other' WHERE number = 1")
        with pytest.raises(MigrationError, match="0001_log"):
            require_migrated(url, PACKAGES)


def test_a_service_without_the_owner_ends_with_78_and_says_what_to_run(
    urls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    url, owner_url = urls
    with pytest.raises(SystemExit) as ended:
        prepare([Schema(url, None, PACKAGES)])
    assert ended.value.code == 78
    said = capsys.readouterr().err
    assert "not migrated: missing padan_runtime 0001_log.sql" in said
    assert "`migrate` with PADAN_DATABASE_OWNER_URL" in said
    assert url not in said
    prepare([Schema(url, owner_url, PACKAGES)])
    prepare([Schema(url, None, PACKAGES)])


def test_who_awaits_the_migrations_goes_on_when_somebody_made_them(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, owner_url = urls
    ended: list[bool] = []
    waiting = threading.Thread(
        target=lambda: ended.append(ran_command("test", DatabaseSettings, schemas, ["await-migrations"]))
    )
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    monkeypatch.setenv("PADAN_DATABASE_OWNER_URL", owner_url)
    assert ran_command("test", DatabaseSettings, schemas, ["migrate"])
    waiting.join(10)
    assert ended == [True]
    require_migrated(url, PACKAGES)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["migrate"], "PADAN_DATABASE_OWNER_URL: missing"), (["migrat"], "unknown command 'migrat'")],
    ids=["nothing to migrate with", "a slip"],
)
def test_a_command_that_cannot_be_done_ends_with_78(
    urls: tuple[str, str], capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        ran_command("test", DatabaseSettings, schemas, arguments)
    assert ended.value.code == 78
    assert says in capsys.readouterr().err


def test_without_arguments_the_service_is_to_run() -> None:
    assert not ran_command("test", DatabaseSettings, schemas, [])
