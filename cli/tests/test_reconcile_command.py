"""`padan reconcile` without a name holds every view of one platform against its store."""

import pytest
from padan_cli import reconcile as command
from padan_runtime.reconciliation.asking import Found


@pytest.mark.parametrize(("database", "meant"), [(None, "local"), ("postgresql://of-a-service", None)])
def test_every_view_is_opened_in_the_same_place(
    monkeypatch: pytest.MonkeyPatch, database: str | None, meant: str | None
) -> None:
    """The settings of the first service stay in the environment, where they were taken for the caller's own."""
    monkeypatch.delenv("PADAN_DATABASE_URL", raising=False)
    if database is not None:
        monkeypatch.setenv("PADAN_DATABASE_URL", database)
    asked: list[tuple[str, str | None]] = []

    async def once(reader: str, instance: str | None) -> list[Found]:
        monkeypatch.setenv("PADAN_DATABASE_URL", "postgresql://of-the-view-before")
        asked.append((reader, instance))
        return []

    monkeypatch.setattr(command, "_once", once)
    command.reconcile(None, None)
    assert asked == [(reader, meant) for reader in command.READERS]
