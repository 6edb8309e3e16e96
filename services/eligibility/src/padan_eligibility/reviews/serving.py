"""POST /reviews/{review_id}/close, for the gateway alone."""

import asyncio
from typing import Any
from uuid import UUID

import faust
import msgspec
from faust.web import View
from padan_runtime.problems import Unavailable, service_unavailable
from padan_runtime.service_tokens import ServiceVerifier

from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.programmes.door import door
from padan_eligibility.reviews.closing import CloseAsked, Closing


def serve_reviews(app: faust.App, closing: Closing, verifier: ServiceVerifier) -> None:
    """Add the address."""
    answer = door(verifier)

    class Closed(View):
        async def post(self, request: Any, review_id: str) -> Any:
            loop = asyncio.get_running_loop()

            def act(person: Person, body: bytes) -> Any:
                asked = msgspec.json.decode(body, type=CloseAsked)
                # The door answers from a thread, and keys are fetched in the loop.
                closed = asyncio.run_coroutine_threadsafe(closing.close(_id(review_id), person, asked), loop)
                try:
                    return closed.result()
                except Unavailable as away:
                    raise service_unavailable(str(away)) from away

            return await answer(self, request, act)

    app.page("/reviews/{review_id}/close")(Closed)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise RefusedError("review_unknown") from None
