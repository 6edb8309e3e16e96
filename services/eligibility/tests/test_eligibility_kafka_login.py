"""Faust logs in to Kafka as every other client of the service does."""

from pathlib import Path
from typing import Literal

import pytest
from faust.auth import SASLCredentials
from padan_eligibility.application import create_application
from padan_eligibility.settings import EligibilitySettings


@pytest.mark.parametrize(("environment", "protocol"), [("development", "SASL_PLAINTEXT"), ("production", "SASL_SSL")])
def test_faust_logs_in_with_the_services_own_user(
    tmp_path: Path, environment: Literal["development", "production"], protocol: str
) -> None:
    (tmp_path / "kafka.password").write_text("open sesame")
    settings = EligibilitySettings(
        environment=environment,
        kafka="one:9092",
        kafka_username="eligibility",
        database_url="postgresql://nowhere",
        http_port=1,
        secrets=tmp_path,
        household_url="http://nowhere",
        folder=tmp_path,
    )

    credentials = create_application(settings).conf.broker_credentials

    assert isinstance(credentials, SASLCredentials)
    assert credentials.protocol.value == protocol
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert (credentials.username, credentials.password) == ("eligibility", "open sesame")
    assert "sesame" not in repr(credentials)
