"""The addresses under /periods, for the gateway alone; who acts stands in its headers."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

import faust
import msgspec
from faust.web import View
from padan_runtime.database import Database
from padan_runtime.problems import Unavailable
from padan_runtime.service_tokens import ServiceVerifier

from padan_eligibility.domain.drafts import NATION, Person, RefusedError
from padan_eligibility.domain.periods import Asked, stage_region
from padan_eligibility.facts.cuts import Cut, CutClient
from padan_eligibility.periods import differing, repository
from padan_eligibility.periods.closing import Closing
from padan_eligibility.periods.repository import Period
from padan_eligibility.programmes.door import door
from padan_eligibility.programmes.policy_set import PolicySet

_CUT_WITHIN_S: Final = 15
Limit = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class Form(msgspec.Struct, kw_only=True):
    """A period to be opened; of a stage the region is its programme's."""

    kind: str
    name: str
    region: str | None = None
    programme: str | None = None


class Close(msgspec.Struct):
    """The key that names this request."""

    request: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Page(msgspec.Struct, kw_only=True):
    """A part of a list, or of a difference (`before`: the period it is from), behind a household."""

    after: UUID = UUID(int=0)
    limit: Limit = 100
    before: UUID | None = None


def serve_periods(
    app: faust.App,
    database: Database,
    policies: PolicySet,
    *,
    closing: Closing,
    cuts: CutClient,
    verifier: ServiceVerifier,
) -> None:
    """Add GET and POST /periods, POST /periods/{id}/close, /list and /difference."""
    answer = door(verifier)

    def asked(person: Person, body: bytes) -> Asked:
        form = msgspec.json.decode(body, type=Form)
        region = form.region
        if form.programme is not None and region is None:
            policy = policies.latest(form.programme)
            region = NATION if policy is None else stage_region(policy)
        return msgspec.convert(
            {"kind": form.kind, "name": form.name, "region": region or person.region, "programme": form.programme},
            Asked,
        )

    def visible(connection: Any, person: Person, period_id: str) -> Period:
        found = repository.period(connection, _id(period_id))
        if found is None or not sees(person, found.asked):
            raise RefusedError("period_unknown")
        return found

    class Periods(View):
        async def get(self, request: Any) -> Any:
            def act(person: Person, _body: bytes) -> Any:
                with database.transaction() as connection:
                    found = repository.periods(connection, _prefix(person))
                return {"periods": [plain(one, _prefix(person)) for one in found]}

            return await answer(self, request, act)

        async def post(self, request: Any) -> Any:
            return await answer(
                self, request, lambda person, body: plain(closing.open(person, asked(person, body)), _prefix(person))
            )

    class Closed(View):
        async def post(self, request: Any, period_id: str) -> Any:
            cut = from_thread(cuts)

            def act(person: Person, body: bytes) -> Any:
                key = msgspec.json.decode(body, type=Close).request
                return plain(closing.close(person, _id(period_id), key, cut), _prefix(person))

            return await answer(self, request, act)

    class Listed(View):
        async def post(self, request: Any, period_id: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                page = msgspec.json.decode(body, type=Page)
                with database.transaction() as connection:
                    period = visible(connection, person, period_id)
                    if period.closed is None:
                        raise RefusedError("period_not_closed")
                    lines = repository.page(connection, period.period_id, _prefix(person), page.after, page.limit)
                return {"period": plain(period, _prefix(person)), "families": lines}

            return await answer(self, request, act)

    class Difference(View):
        async def post(self, request: Any, period_id: str) -> Any:
            def act(person: Person, body: bytes) -> Any:
                page = msgspec.json.decode(body, type=Page)
                with database.transaction() as connection:
                    after = visible(connection, person, period_id)
                    before = visible(connection, person, str(page.before))
                    found = differing.difference(
                        connection, before, after, _prefix(person), behind=page.after, limit=page.limit
                    )
                return {
                    "before": plain(before, _prefix(person)),
                    "after": plain(after, _prefix(person)),
                    **msgspec.to_builtins(found),
                }

            return await answer(self, request, act)

    for path, view in (
        ("/periods", Periods), ("/periods/{period_id}/close", Closed), ("/periods/{period_id}/list", Listed),
        ("/periods/{period_id}/difference", Difference),
    ):  # fmt: skip
        app.page(path)(view)


def plain(period: Period, prefix: str) -> dict[str, Any]:
    """A period as it is answered: of its regencies those in the asker's region."""
    asked, closed = period.asked, period.closed
    told = None
    if closed is not None:
        told = {
            "cut": closed.cut,
            "cut_at": closed.cut_at,
            "decided": closed.decided,
            "families": closed.families,
            "amount_idr": closed.amount_idr,
            "digest": closed.digest,
            "regencies": [part for part in closed.regencies if part.regency.startswith(prefix)],
            "closed_by": closed.closed_by,
            "closed_at": period.closed_at,
            "previous": closed.previous,
        }
    return {
        "period_id": period.period_id,
        "kind": asked.kind.value,
        "name": asked.name,
        "region": asked.region,
        "programme": asked.programme,
        "opened_by": period.opened_by,
        "opened_at": period.opened_at,
        "closed": told,
    }


def _prefix(person: Person) -> str:
    return "" if person.region == NATION else person.region


def sees(person: Person, asked: Asked) -> bool:
    """Whether a period is of the person's region, or of one that holds it."""
    own = _prefix(person)
    return own.startswith(asked.prefix) or asked.prefix.startswith(own)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise RefusedError("period_unknown") from error


def from_thread(cuts: CutClient, code: str = "period_facts_behind") -> Callable[[], Cut]:
    """Household's cut, asked for from a thread by the loop that this is called in. It raises `RefusedError` (`code`)
    while household is away."""
    loop = asyncio.get_running_loop()

    def cut() -> Cut:
        try:
            return asyncio.run_coroutine_threadsafe(cuts.cut(), loop).result(_CUT_WITHIN_S)
        except (Unavailable, TimeoutError) as error:
            raise RefusedError(code) from error

    return cut
