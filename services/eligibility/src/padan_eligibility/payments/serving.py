"""The addresses of payment lists, recoveries and findings, for the gateway alone; who acts stands in its headers."""

from typing import Any, TypeVar
from uuid import UUID

import faust
import msgspec
from faust.web import View
from padan_runtime.database import Database
from padan_runtime.service_tokens import ServiceVerifier

from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.facts.cuts import CutClient
from padan_eligibility.payments import reading, repository
from padan_eligibility.payments.again import again
from padan_eligibility.payments.finding import findings
from padan_eligibility.payments.shapes import (
    CloseRecovery,
    Findings,
    Hold,
    Lines,
    ListTold,
    Make,
    Order,
    Recoveries,
    Release,
    Results,
)
from padan_eligibility.payments.work import Work
from padan_eligibility.periods.serving import from_thread
from padan_eligibility.programmes.door import Act, door
from padan_eligibility.programmes.policy_set import PolicySet

Asked = TypeVar("Asked")


def serve_payments(
    app: faust.App, database: Database, policies: PolicySet, *, work: Work, cuts: CutClient, verifier: ServiceVerifier
) -> None:
    """Add GET and POST /payment-lists, GET /payment-lists/{id}, POST .../lines, /results, /order, /hold, /release,
    POST /recoveries, /recoveries/{id}/close and /findings."""
    once = door(verifier)

    async def answer(view: View, request: Any, act: Act) -> Any:
        return await once(view, request, again(act))

    def told(person: Person, list_id: UUID) -> ListTold:
        with database.transaction() as connection:
            found = reading.visible(connection, policies, person, list_id)
            return reading.told_list(connection, found, reading.prefix_of(person))

    class Lists(View):
        async def get(self, request: Any) -> Any:
            def act(person: Person, _body: bytes) -> Any:
                with database.transaction() as connection:
                    known = policies.within(connection)
                    found = [one for one in repository.lists(connection) if reading.sees(known, person, one)]
                    return {"lists": [reading.told_list(connection, one, None) for one in found]}

            return await answer(self, request, act)

        async def post(self, request: Any) -> Any:
            def act(person: Person, body: bytes) -> Any:
                return told(person, work.making.make(person, _decoded(body, Make)).list_id)

            return await answer(self, request, act)

    class OneList(View):
        async def get(self, request: Any, list_id: str) -> Any:
            return await answer(self, request, lambda person, _body: told(person, _id(list_id)))

    class Listed(View):
        async def post(self, request: Any, list_id: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                asked, prefix = _decoded(body, Lines), reading.prefix_of(person)
                with database.transaction() as connection:
                    found = reading.visible(connection, policies, person, _id(list_id))
                    lines = reading.page(connection, found, prefix, asked)
                    return {"list": reading.told_list(connection, found, prefix), "lines": lines}

            return await answer(self, request, act)

    class Said(View):
        async def post(self, request: Any, list_id: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                asked = _decoded(body, Results)
                return {"results": work.taking.take(person, _id(list_id), asked.results, asked.request)}

            return await answer(self, request, act)

    class Ordered(View):
        async def post(self, request: Any, list_id: str) -> Any:
            cut = from_thread(cuts, "payment_facts_behind")

            def act(person: Person, body: bytes) -> Any:
                made = work.ordering.order(person, _id(list_id), _decoded(body, Order).request, cut).told
                return {**msgspec.structs.asdict(made), "list": told(person, _id(list_id))}

            return await answer(self, request, act)

    class Held(View):
        async def post(self, request: Any, list_id: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                return {"line": reading.told_line(work.owning.hold(person, _id(list_id), _decoded(body, Hold)))}

            return await answer(self, request, act)

    class Released(View):
        async def post(self, request: Any, list_id: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                return {"line": reading.told_line(work.owning.release(person, _id(list_id), _decoded(body, Release)))}

            return await answer(self, request, act)

    class Recovered(View):
        async def post(self, request: Any) -> Any:
            def act(person: Person, body: bytes) -> Any:
                asked = _decoded(body, Recoveries)
                with database.transaction() as connection:
                    found = reading.recoveries(connection, policies, person, asked)
                following = found[-1].recovery_id if len(found) == asked.limit else None
                return {"recoveries": found, "next": following}

            return await answer(self, request, act)

    class Closed(View):
        async def post(self, request: Any, recovery_id: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                asked = _decoded(body, CloseRecovery)
                closed = work.owning.close(person, _id(recovery_id, "recovery_unknown"), asked)
                return {"recovery": reading.told_recovery(closed)}

            return await answer(self, request, act)

    class Found(View):
        async def post(self, request: Any) -> Any:
            def act(person: Person, body: bytes) -> Any:
                asked = _decoded(body, Findings)
                with database.transaction() as connection:
                    reading.check_programme(policies.within(connection), asked.programme)
                    found, following = findings(connection, reading.prefix_of(person), asked)
                return {"findings": found, "next": following}

            return await answer(self, request, act)

    one = "/payment-lists/{list_id}"
    for path, view in (
        ("/payment-lists", Lists), (one, OneList), (f"{one}/lines", Listed), (f"{one}/results", Said),
        (f"{one}/order", Ordered), (f"{one}/hold", Held), (f"{one}/release", Released), ("/recoveries", Recovered),
        ("/recoveries/{recovery_id}/close", Closed), ("/findings", Found),
    ):  # fmt: skip
        app.page(path)(view)


def _decoded(body: bytes, shape: type[Asked]) -> Asked:
    return msgspec.json.decode(body, type=shape)


def _id(text: str, code: str = "payment_list_unknown") -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise RefusedError(code) from error
