"""How every endpoint of payments asks eligibility, and what it answers with where that refuses."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import Header

from padan_gateway import problems, regions
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.regions import Level
from padan_gateway.parts import Parts
from padan_gateway.signin.tokens import Caller

_CODES: Final = (
    "payment_list_unknown, payment_not_yours, payment_not_bank, payment_period_unfit, payment_in_kind, "
    "payment_list_exists, payment_list_incomplete, payment_order_underway, payment_facts_behind, "
    "payment_facts_missing, payment_events_parked, payment_key_reused, payment_line_missing, payment_line_over, "
    "payment_held, payment_not_held, payment_nobody_left, payment_note_invalid, payment_until_past, recovery_unknown, "
    "recovery_closed, recovery_amount_wrong, payment_line_ordered, programme_unknown"
)
PAGE_WITHIN_S: Final = 60.0
LIST_WITHIN_S: Final = 600.0
"""To make a list, or to order what is on it, takes a transaction for each page of it."""
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Names this request.")]


class Asking:
    """Requests to eligibility on behalf of a caller."""

    def __init__(self, parts: Parts) -> None:
        self._eligibility = parts.eligibility

    async def __call__(
        self,
        method: str,
        path: str,
        caller: Caller,
        body: dict[str, Any] | None = None,
        *,
        timeout_s: float = PAGE_WITHIN_S,
    ) -> Any:
        """The answer of a door. Raises `Problem` region_forbidden, `Unavailable` and `Refused`."""
        if caller.scope.level in {Level.DISTRICT, Level.VILLAGE}:
            raise problems.region_forbidden()  # lists know where a family lives down to its regency
        headers = {**on_behalf_of(caller), "Content-Type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        return await self._eligibility.document(method, path, headers, content, timeout_s=timeout_s)


def responses() -> dict[int | str, dict[str, Any]]:
    """What any of these requests can come to."""
    return {
        **problems.responses(
            *problems.SIGNED_IN,
            problems.region_forbidden,
            problems.request_invalid,
            lambda: problems.service_unavailable("eligibility"),
        ),
        **problems.passed_through(_CODES),
    }


def named(one: dict[str, Any]) -> dict[str, Any]:
    """A document with its regency by code and name."""
    return {**one, "regency": regions.named(one["regency"])}


def listed(one: dict[str, Any]) -> dict[str, Any]:
    """A payment list with its regencies by code and name."""
    parts = one["regencies"]
    return {**one, "regencies": None if parts is None else [named(part) for part in parts]}
