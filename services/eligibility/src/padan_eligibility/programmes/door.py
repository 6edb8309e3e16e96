"""How eligibility answers people, for whom the gateway asks: who acts stands in its headers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from faust.web import View
from padan_runtime.problems import Problem
from padan_runtime.service_tokens import ServiceVerifier

from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.policies.reading import DocumentError
from padan_eligibility.programmes import problems

_HEADERS: Final = ("Padan-Actor", "Padan-Role", "Padan-Region")
Act = Callable[[Person, bytes], Any]


def door(verifier: ServiceVerifier) -> Callable[..., Awaitable[Any]]:
    """`answer(view, request, act, status=200)`: what `act(person, body)` says, or the problem it raises. For the
    gateway alone."""

    async def answer(view: View, request: Any, act: Act, status: int = 200) -> Any:
        try:
            verifier.one_of(request, "gateway")
            body = await request.read()
            return _json(view, await asyncio.to_thread(act, _person(request), body), status)
        except RefusedError as error:
            return _problem(view, problems.refused(error.code))
        except DocumentError as error:
            return _problem(view, problems.document_invalid(error))
        except msgspec.MsgspecError:
            return _problem(view, problems.request_malformed())
        except Problem as problem:
            return _problem(view, problem)

    return answer


def _person(request: Any) -> Person:
    actor, role, region = (request.headers.get(name, "") for name in _HEADERS)
    if not (actor.startswith("user:") and role and region):
        raise problems.request_malformed()
    return Person(actor, role, region)


def _json(view: View, document: Any, status: int) -> Any:
    return view.web.bytes(msgspec.json.encode(document), content_type="application/json", status=status)


def _problem(view: View, problem: Problem) -> Any:
    return view.web.bytes(
        msgspec.json.encode(problem.document()), content_type="application/problem+json", status=problem.status
    )
