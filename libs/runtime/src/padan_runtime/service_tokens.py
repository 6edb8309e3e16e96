"""How services prove to each other who they are: short ES256 tokens, each service signing with its own key."""

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from padan_runtime.problems import Problem, Text

_LIFETIME_S = 300
_RENEW_BEFORE_S = 60
_SKEW_S = 30
_TOKENS_KEPT = 64
ALGORITHM = "ES256"


class ServiceIdentity:
    """This service's own key: signs the tokens it shows to others."""

    def __init__(self, name: str, key: bytes) -> None:
        self.name = name
        self._key = ECKey.import_key(msgspec.json.decode(key))
        self._tokens: dict[str, tuple[str, float]] = {}

    def headers(self, audience: str) -> dict[str, str]:
        """The Authorization header for a request to the service `audience`."""
        token, expires = self._tokens.get(audience, ("", 0.0))
        now = time.time()
        if expires - now < _RENEW_BEFORE_S:
            expires = now + _LIFETIME_S
            claims = {"iss": self.name, "aud": audience, "iat": int(now), "exp": int(expires)}
            token = jwt.encode({"alg": ALGORITHM, "kid": self.name}, claims, self._key)
            self._tokens[audience] = (token, expires)
        return {"Authorization": f"Bearer {token}"}


class ServiceVerifier:
    """Checks the tokens other services show to this one (`name`)."""

    def __init__(self, name: str, public_keys: bytes) -> None:
        self._name = name
        self._keys = KeySet.import_key_set(msgspec.json.decode(public_keys))
        # A service shows the same token for minutes: its signature is checked once, its time always.
        self._signed = lru_cache(maxsize=_TOKENS_KEPT)(self._decoded)

    def _decoded(self, token: str) -> dict[str, Any]:
        """The claims of a token that the caller signed. Raises `JoseError`, `ValueError`, `KeyError`."""
        decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
        # The key that signed must be the caller's own: kid names the key, iss the service.
        if decoded.header.get("kid") != decoded.claims["iss"]:
            raise ValueError("kid and iss differ")
        return dict(decoded.claims)

    def caller(self, request: Request) -> str:
        """The name of the calling service. Raises `Problem` service_unauthenticated (401)."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = self._signed(token)
            check_claims(claims, audience=self._name)
        except (JoseError, ValueError, KeyError) as error:
            raise Problem(
                "service_unauthenticated",
                401,
                Text("Layanan pemanggil tidak dikenali.", "The calling service is not recognized."),
                Text("Periksa kunci layanan pemanggil.", "Check the calling service's key."),
            ) from error
        return str(claims["iss"])

    def one_of(self, request: Request, *allowed: str) -> str:
        """The calling service where it is one of `allowed`. Raises `Problem` (401, 403)."""
        name = self.caller(request)
        if name not in allowed:
            raise Problem(
                "service_forbidden",
                403,
                Text("Layanan ini tidak berhak.", "This service has no right to this."),
                Text("Lihat tabel hak layanan.", "See the table of services' rights."),
            )
        return name


def check_claims(claims: dict[str, Any], *, audience: str) -> None:
    """Raise `ValueError` where a token is not for `audience`, has expired or is from the future (30 s of skew)."""
    now = time.time()
    if claims.get("aud") != audience:
        raise ValueError("audience")
    if not isinstance(claims.get("exp"), int) or claims["exp"] < now - _SKEW_S:
        raise ValueError("expired")
    if not isinstance(claims.get("iat"), int) or claims["iat"] > now + _SKEW_S:
        raise ValueError("issued in the future")


def read_identity(secrets: Path, name: str) -> tuple[ServiceIdentity, ServiceVerifier]:
    """Identity and verifier of the service `name` from its secrets folder."""
    return (
        ServiceIdentity(name, (secrets / f"{name}.key.json").read_bytes()),
        ServiceVerifier(name, (secrets / "services.jwks.json").read_bytes()),
    )
