"""POST /quotas, for the gateway alone."""

from typing import Any

import faust
import msgspec
from faust.web import View
from padan_runtime.database import Database
from padan_runtime.service_tokens import ServiceVerifier

from padan_eligibility.domain.drafts import Person
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_eligibility.programmes.door import door
from padan_eligibility.programmes.policy_set import PolicySet


def serve_quotas(
    app: faust.App, database: Database, policies: PolicySet, reader: str, verifier: ServiceVerifier
) -> None:
    """Add the address. `reader` is the reader of the facts."""
    answer = door(verifier)

    class Quotas(View):
        async def post(self, request: Any) -> Any:
            def act(person: Person, body: bytes) -> Any:
                asked = msgspec.json.decode(body, type=QuotaAsked)
                return {"event_id": set_quota(database, policies, person, asked, reader)}

            return await answer(self, request, act)

    app.page("/quotas")(Quotas)
