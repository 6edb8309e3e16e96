"""People's tokens: what is taken, and everything that is not."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest
from gateway_world import Signer
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from padan_gateway.domain.access import Role
from padan_gateway.domain.regions import Scope
from padan_gateway.regions import scope_of
from padan_gateway.signin.tokens import TokenVerifier
from padan_runtime.problems import Problem


@pytest.fixture
def signer(secrets: Path) -> Signer:
    return Signer(secrets)


@pytest.fixture
def verifier(secrets: Path) -> TokenVerifier:
    return TokenVerifier((secrets / "issuer.jwks.json").read_bytes(), issuer="padan-development", scope_of=scope_of)


def refused(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(Problem) as problem:
        verifier.caller(token)
    return problem.value.code


def test_a_valid_token_names_its_caller(verifier: TokenVerifier, signer: Signer) -> None:
    caller = verifier.caller(signer.token(sub="ani", role="district_officer", region="331804"))
    assert (caller.subject, caller.role, caller.scope) == ("ani", Role.DISTRICT_OFFICER, Scope.of("331804"))
    assert verifier.caller(signer.token(region="ID")).scope == verifier.caller(signer.token(region="")).scope


def test_clocks_may_differ_by_half_a_minute_and_no_more(verifier: TokenVerifier, signer: Signer) -> None:
    now = int(time.time())
    assert verifier.caller(signer.token(exp=now - 20)).subject == "tester"
    assert verifier.caller(signer.token(iat=now + 20)).subject == "tester"
    assert refused(verifier, signer.token(exp=now - 40)) == "token_invalid"
    assert refused(verifier, signer.token(iat=now + 40)) == "token_invalid"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "household"}, {"aud": None}, {"aud": ["padan-gateway", "x"]}, {"iss": "padan-elsewhere"}, {"iss": None},
        {"exp": None}, {"exp": "9999999999"}, {"iat": None}, {"sub": None}, {"sub": ""}, {"sub": 5}, {"region": None},
        {"region": 3318},
    ],
    ids=str,
)  # fmt: skip
def test_a_claim_that_is_missing_or_wrong_makes_a_token_invalid(
    verifier: TokenVerifier, signer: Signer, changed: dict[str, Any]
) -> None:
    assert refused(verifier, signer.token(**changed)) == "token_invalid"


@pytest.mark.parametrize("role", ["king", "", None, ["auditor"], "SOCIAL_OFFICE"])
def test_a_role_that_is_not_in_the_table_may_nothing(verifier: TokenVerifier, signer: Signer, role: Any) -> None:
    assert refused(verifier, signer.token(role=role)) == "role_forbidden"


@pytest.mark.parametrize("region", ["99", "3318999", "33180", "Pati", "3398"])
def test_a_region_that_does_not_exist_is_named(verifier: TokenVerifier, signer: Signer, region: str) -> None:
    assert refused(verifier, signer.token(region=region)) == "region_unknown"


def test_a_token_of_another_key_is_invalid_also_under_our_key_id(verifier: TokenVerifier, signer: Signer) -> None:
    other = ECKey.generate_key("P-256")
    assert refused(verifier, jwt.encode({"alg": "ES256", "kid": "padan-development"}, signer.claims(), other)) == (
        "token_invalid"
    )
    assert refused(verifier, jwt.encode({"alg": "ES256"}, signer.claims(), other)) == "token_invalid"


def test_an_unsigned_token_is_invalid(verifier: TokenVerifier, signer: Signer) -> None:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    assert refused(verifier, f"{part({'alg': 'none'})}.{part(signer.claims())}.") == "token_invalid"
    assert refused(verifier, signer.token().rpartition(".")[0] + ".") == "token_invalid"


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_invalid(
    verifier: TokenVerifier, signer: Signer, secrets: Path
) -> None:
    public = signer.key.as_pem(private=False)
    forged = {
        jwt.encode({"alg": "HS256", "kid": "padan-development"}, signer.claims(), OctKey.import_key(secret))
        for secret in ((secrets / "issuer.jwks.json").read_bytes(), b"x" * 32)
    }
    head, body, _ = signer.token().split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"padan-development"}').decode().rstrip("=")
    mac = hmac.digest(public, f"{head}.{body}".encode(), hashlib.sha256)
    forged.add(f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")
    assert {refused(verifier, token) for token in forged} == {"token_invalid"}


def test_a_token_altered_in_one_character_is_invalid(verifier: TokenVerifier, signer: Signer) -> None:
    head, _, signature = signer.token().split(".")
    other = signer.token(role="ministry", region="ID").split(".")[1]
    assert refused(verifier, f"{head}.{other}.{signature}") == "token_invalid"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "é.é.é", "e30.e30.e30"])
def test_what_is_no_token_at_all_is_invalid(verifier: TokenVerifier, token: str) -> None:
    assert refused(verifier, token) == "token_invalid"
