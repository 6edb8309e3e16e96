"""The addresses under /policies, for the gateway alone; who acts stands in its headers."""

from datetime import UTC, date, datetime
from typing import Any, Final

import faust
import msgspec
from faust.web import View
from padan_runtime.service_tokens import ServiceVerifier

from padan_eligibility.domain.drafts import Person
from padan_eligibility.policies.reading import DocumentError, read_document
from padan_eligibility.programmes import problems
from padan_eligibility.programmes.door import door
from padan_eligibility.programmes.drafting import Drafting

_HEADERS: Final = ("Padan-Actor", "Padan-Role", "Padan-Region")


class Review(msgspec.Struct):
    """What a reviewer agreed to."""

    digest: str


def serve_policies(app: faust.App, drafting: Drafting, verifier: ServiceVerifier) -> None:
    """Add GET and POST /policies, GET /policies/{programme}/{version} and POST .../review, .../publish."""

    answer = door(verifier)

    class Policies(View):
        async def get(self, request: Any) -> Any:
            return await answer(self, request, lambda _person, _body: {"policies": drafting.listing()})

        async def post(self, request: Any) -> Any:
            def act(person: Person, body: bytes) -> Any:
                text = _text(body)
                return drafting.draft(person, read_document(text), _today(), text)

            return await answer(self, request, act, 201)

    class One(View):
        async def get(self, request: Any, programme: str, version: str) -> Any:
            return await answer(self, request, lambda _person, _body: drafting.document(programme, version))

    class Reviewed(View):
        async def post(self, request: Any, programme: str, version: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                agreed_to = msgspec.json.decode(body, type=Review).digest
                return drafting.review(person, programme, version, agreed_to)

            return await answer(self, request, act)

    class Published(View):
        async def post(self, request: Any, programme: str, version: str) -> Any:
            return await answer(
                self, request, lambda person, _body: drafting.publish(person, programme, version, _today())
            )

    one = "/policies/{programme}/{version}"
    for path, view in (
        ("/policies", Policies), (one, One), (f"{one}/review", Reviewed), (f"{one}/publish", Published),
    ):  # fmt: skip
        app.page(path)(view)


def _today() -> date:
    """By UTC, which is behind every zone of the nation: a date that is today somewhere has not passed."""
    return datetime.now(UTC).date()


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise DocumentError(1, 1, problems.NOT_TEXT) from error
