"""Development tokens: what they say, and where they are refused."""

import json
import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from padan_cli.platform import Instance, PlatformError
from padan_cli.tokens import issue


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    monkeypatch.delenv("PADAN_ENVIRONMENT", raising=False)
    return Instance(tmp_path / "one")


def test_a_token_is_signed_by_the_instance_and_says_who_may_do_what_until_when(instance: Instance) -> None:
    keys = KeySet.import_key_set(json.loads((instance.secrets / "issuer.jwks.json").read_bytes()))
    before = int(time.time())

    token = jwt.decode(issue(instance, role="auditor", region="3318", subject="ani", hours=2), keys, ["ES256"])

    assert token.header["alg"] == "ES256"
    assert token.header["kid"] == "padan-development"
    claims = token.claims
    issued = claims.pop("iat")
    assert before <= issued <= time.time()
    assert claims == {
        "iss": "padan-development",
        "aud": "padan-gateway",
        "sub": "ani",
        "role": "auditor",
        "region": "3318",
        "exp": issued + 7200,
    }


def test_no_token_outside_development(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADAN_ENVIRONMENT", "production")

    with pytest.raises(PlatformError) as error:
        issue(instance, role="auditor", region="3318")
    assert error.value.code == "not_in_development"


def test_the_shell_cannot_talk_an_instance_into_development(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = instance.folder / "instance.json"
    settings.write_text(settings.read_text().replace("development", "production"))
    monkeypatch.setenv("PADAN_ENVIRONMENT", "development")

    with pytest.raises(PlatformError) as error:
        issue(instance, role="auditor", region="3318")
    assert error.value.code == "not_in_development"


@pytest.mark.parametrize("region", ["", "331", "3318x", "٣٣١٨", "33181234567"])
def test_a_region_must_look_like_a_code(instance: Instance, region: str) -> None:
    with pytest.raises(PlatformError) as error:
        issue(instance, role="auditor", region=region)
    assert error.value.code == "region_unknown"


@pytest.mark.parametrize("region", ["ID", "33", "3318", "331801", "3318012001"])
def test_every_level_of_region_is_taken(instance: Instance, region: str) -> None:
    assert issue(instance, role="auditor", region=region).count(".") == 2


def test_a_role_that_the_gateway_does_not_know_gets_no_token(instance: Instance) -> None:
    with pytest.raises(PlatformError) as error:
        issue(instance, role="dukun", region="3318")
    assert error.value.code == "role_unknown"
    assert "social_office" in error.value.indonesian
    assert "social_office" in error.value.english
