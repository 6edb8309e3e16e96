"""How a service is told to reach Kafka; what is missing is named before anything starts."""

from pathlib import Path
from typing import Any

import pytest
from padan_runtime.settings import EXIT_CONFIGURATION, ServiceSettings


def settings(folder: Path, **changes: Any) -> ServiceSettings:
    fields: dict[str, Any] = {
        "environment": "development",
        "kafka": "one:9092, two:9092",
        "database_url": "postgresql://nowhere",
        "http_port": 1,
        "secrets": folder,
    }
    return ServiceSettings(**fields | changes)


def refused(told: ServiceSettings, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        told.kafka_client  # noqa: B018 - looked at for what it refuses
    assert ended.value.code == EXIT_CONFIGURATION
    return capsys.readouterr().err


def test_without_a_user_name_it_is_plain_text_without_a_login(tmp_path: Path) -> None:
    client = settings(tmp_path).kafka_client

    assert client.options() == {"bootstrap_servers": "one:9092, two:9092", "security_protocol": "PLAINTEXT"}
    assert list(client.addresses) == ["one:9092", "two:9092"]


def test_the_password_comes_from_the_secrets_and_is_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "kafka.password").write_text("open sesame\n")
    client = settings(tmp_path, kafka_username="gateway").kafka_client

    options = client.options()
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_PLAINTEXT", "SCRAM-SHA-512")
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("gateway", "open sesame")
    assert "sesame" not in f"{client} {client!r} {[client]}"


def test_production_asks_for_a_login(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "PADAN_KAFKA_USERNAME" in refused(settings(tmp_path, environment="production"), capsys)


def test_production_is_encrypted_whatever_authority_is_trusted(tmp_path: Path) -> None:
    (tmp_path / "kafka.password").write_text("open sesame")
    options = settings(tmp_path, environment="production", kafka_username="gateway").kafka_client.options()

    assert options["security_protocol"] == "SASL_SSL"
    assert options["ssl_context"].check_hostname


def test_a_missing_password_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "kafka.password" in refused(settings(tmp_path, kafka_username="gateway"), capsys)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    (tmp_path / "kafka.password").write_text("open sesame")
    authority = tmp_path / "ca.crt"
    if content is not None:
        authority.write_text(content)

    assert "PADAN_KAFKA_CA" in refused(settings(tmp_path, kafka_username="gateway", kafka_ca=authority), capsys)
