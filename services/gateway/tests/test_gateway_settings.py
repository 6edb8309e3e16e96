"""Settings fail fast, and name what is wrong."""

import pytest
from padan_gateway.settings import read_settings

VALID = {
    "PADAN_ENVIRONMENT": "production",
    "PADAN_KAFKA": "127.0.0.1:1",
    "PADAN_DATABASE_URL": "postgresql://writer:secret@127.0.0.1:1/gateway",
    "PADAN_DATABASE_OWNER_URL": "postgresql://owner:secret@127.0.0.1:1/gateway",
    "PADAN_DATABASE_READER_URL": "postgresql://reader:secret@127.0.0.1:1/gateway",
    "PADAN_HTTP_PORT": "8080",
    "PADAN_SECRETS": "secrets",
    "PADAN_HOUSEHOLD_URL": "http://household:8080",
    "PADAN_REGISTRY_INGEST_URL": "http://registry-ingest:8080",
    "PADAN_ELIGIBILITY_URL": "http://eligibility:8080",
    "PADAN_TOKEN_ISSUER": "https://sign-in.example",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in VALID.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        read_settings()
    assert ended.value.code == 78
    return capsys.readouterr().err


def test_complete_settings_are_read(environment: pytest.MonkeyPatch) -> None:
    assert read_settings().token_issuer == "https://sign-in.example"


@pytest.mark.parametrize("name", sorted(set(VALID) - {"PADAN_TOKEN_ISSUER", "PADAN_DATABASE_OWNER_URL"}))
def test_a_missing_setting_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    environment.delenv(name)
    said = refused(capsys)
    assert name in said
    assert "secret@" not in said


def test_production_does_not_trust_the_development_issuer(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("PADAN_TOKEN_ISSUER")
    assert "PADAN_TOKEN_ISSUER" in refused(capsys)
