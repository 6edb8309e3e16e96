"""Access tokens of people: JWTs signed ES256 by the issuer this gateway trusts (RFC 7519, RFC 8725)."""

from collections.abc import Callable

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from padan_runtime.service_tokens import ALGORITHM, check_claims

from padan_gateway import problems
from padan_gateway.domain.access import Action, Role, may
from padan_gateway.domain.regions import Scope

AUDIENCE = "padan-gateway"


class Caller(msgspec.Struct, frozen=True):
    """A person: the subject of their token, their role, and the part of the country they act for."""

    subject: str
    role: Role
    scope: Scope

    def require(self, action: Action) -> None:
        """Raises `Problem` role_forbidden where the role may not do this."""
        if not may(self.role, action):
            raise problems.role_forbidden()


class TokenVerifier:
    """Checks tokens against the issuer's public keys. Only ES256 is taken, whatever a token's header says."""

    def __init__(self, public_keys: bytes, *, issuer: str, scope_of: Callable[[str], Scope]) -> None:
        self._keys = KeySet.import_key_set(msgspec.json.decode(public_keys))
        self._issuer, self._scope_of = issuer, scope_of

    def caller(self, token: str) -> Caller:
        """Who shows this token.

        Raises `Problem`: token_invalid (401), role_forbidden (403) for a role the access table does not know,
        region_unknown (422).
        """
        try:
            claims = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
            check_claims(claims, audience=AUDIENCE)
            if claims.get("iss") != self._issuer:
                raise ValueError("issuer")
            subject, role, region = claims.get("sub"), claims.get("role"), claims.get("region")
            if not isinstance(subject, str) or not subject or not isinstance(region, str):
                raise ValueError("claims")
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise problems.token_invalid() from error
        if not isinstance(role, str) or role not in Role.__members__.values():
            raise problems.role_forbidden()
        return Caller(subject, Role(role), self._scope_of(region))
