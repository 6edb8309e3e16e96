"""Asking the gateway as a person does whose connection is bad: the same again and again, until there is an answer."""

import ssl
import time
from collections.abc import Callable
from typing import Final

import httpx
import msgspec
from padan_cli.platform import Platform
from padan_cli.tokens import issue

_ANSWERED_WITHIN_S: Final = 240.0
_TIMEOUT_S: Final = 25.0
NO_AUTHORITIES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Who asks over plain HTTP verifies nobody: reading the machine's certificates costs more than the question."""
Request = Callable[[httpx.Client], httpx.Response]


class RefusedError(AssertionError):
    """The gateway refused what is in order, or did not answer for too long."""


class Tries(msgspec.Struct):
    """How often something was asked for."""

    count: int = 0


class Asking:
    """One person at the gateway. `subject` is who it is: what is sent in pieces belongs to its sender."""

    def __init__(self, platform: Platform, subject: str, tries: Tries) -> None:
        self.platform = platform
        self._subject, self._tries = subject, tries

    def ask(
        self,
        what: str,
        request: Request,
        *,
        answers: frozenset[str] = frozenset(),
        again: frozenset[str] = frozenset(),
    ) -> httpx.Response:
        """Ask until it is answered. Codes of `answers` are answers too, those of `again` say to try again.

        Raises `RefusedError` for an answer that does not say "try again".
        """
        deadline = time.monotonic() + _ANSWERED_WITHIN_S
        while True:
            answer, problem = self.once(what, request, answers=answers | again)
            if answer is not None and (answer.is_success or code_of(answer) not in again):
                return answer
            if time.monotonic() > deadline:
                raise RefusedError(f"{what}: not answered within {_ANSWERED_WITHIN_S} s, at last {problem}")
            time.sleep(0.5)  # what is away tells nobody when it is back

    def once(
        self, what: str, request: Request, *, answers: frozenset[str] = frozenset()
    ) -> tuple[httpx.Response | None, str]:
        """Ask once: the answer, or none and why it is to be asked again. Raises `RefusedError`."""
        self._tries.count += 1
        try:
            with self._client() as http:
                answer = request(http)
        except httpx.TransportError as error:
            return None, type(error).__name__
        if answer.is_success:
            return answer, ""
        code = code_of(answer)
        if code in answers:
            return answer, ""
        # 401: a gateway whose clock is wrong holds a token for one of the future.
        if answer.status_code < 500 and answer.status_code != httpx.codes.UNAUTHORIZED:
            raise RefusedError(f"{what}: {answer.status_code} {code}")
        return None, f"{answer.status_code} {code}"

    def token(self, role: str, region: str = "3318", person: str = "") -> str:
        """A token of this person in another role; `person` is somebody else in it."""
        return issue(self.platform.instance, role=role, region=region, subject=f"{self._subject}-{role}{person}")

    def _client(self) -> httpx.Client:
        token = issue(self.platform.instance, role="social_office", region="3318", subject=self._subject)
        return httpx.Client(
            base_url=self.platform.url("gateway"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=NO_AUTHORITIES,
        )


def code_of(answer: httpx.Response) -> str:
    """The code of a problem document; none in an answer to HEAD, which has no body.

    Raises `RefusedError` for an answer without one: every error has a code.
    """
    if answer.request.method == "HEAD":
        return ""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError) as error:
        raise RefusedError(f"{answer.status_code} without a problem document: {answer.text[:100]!r}") from error
