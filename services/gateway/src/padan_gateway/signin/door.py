"""The dependency in front of every endpoint: a valid token, and a role that may do this."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from padan_gateway import problems
from padan_gateway.domain.access import Action, Purpose
from padan_gateway.signin.tokens import Caller, TokenVerifier

_BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", description="ES256; `padan token` issues development ones.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]

StatedPurpose = Annotated[
    Purpose | None,
    Header(
        alias="Padan-Purpose",
        description="Why unmasked data are read. Without it they are masked; with it the read is logged.",
    ),
]


class Door:
    """Makes dependencies that give an endpoint its caller."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def for_(self, action: Action) -> Callable[..., Caller]:
        """Dependency: the caller, allowed to do `action`. Raises `Problem` token_missing, token_invalid and others."""

        def caller(credentials: _Credentials) -> Caller:
            if credentials is None:
                raise problems.token_missing()
            found = self._verifier.caller(credentials.credentials)
            found.require(action)
            return found

        return caller
