"""POST /simulations, for the gateway alone. Nothing is written."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import faust
import msgspec
from faust.web import View
from padan_events.local_date import PROVINCES, local_date
from padan_events.periods import PeriodClosed
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.service_tokens import ServiceVerifier

from padan_eligibility.domain.drafts import NATION, Person, RefusedError, acts_for
from padan_eligibility.domain.policy import Policy, Region
from padan_eligibility.domain.policy_document import digest
from padan_eligibility.domain.scope import regions_of
from padan_eligibility.periods import repository as periods
from padan_eligibility.periods.serving import sees
from padan_eligibility.policies.reading import read_document
from padan_eligibility.programmes.door import door
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.simulation import problems
from padan_eligibility.simulation.messages import Past, Work
from padan_eligibility.simulation.running import PAST_WITHIN_S, WITHIN_S, Simulations

_CAPITAL: Final = "31"
"""By whose date the nation is simulated."""


Regency = Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")]
Places = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]


class Asked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A candidate (YAML), or the programme whose policy in force is meant; candidate quotas by regency; the region
    (None: all of the asker's); the closed period at whose cut the families are taken (None: as they are now); the date
    (None: today, or that of the cut) on which both policies are held against them; and whether families are named."""

    policy: str | None = None
    programme: str | None = None
    quotas: dict[Regency, Places] = {}
    region: Region | None = None
    as_of: date | None = None
    named: bool = False
    period_id: UUID | None = None


def serve_simulations(
    app: faust.App, database: Database, policies: PolicySet, simulations: Simulations, verifier: ServiceVerifier
) -> None:
    """Add the address."""
    answer = door(verifier)

    class Simulated(View):
        async def post(self, request: Any) -> Any:
            def act(person: Person, body: bytes) -> Any:
                asked = msgspec.json.decode(body, type=Asked)
                return simulate(database, policies, simulations, person, asked, now=datetime.now(UTC))

            return await answer(self, request, act)

    app.page("/simulations")(Simulated)


def simulate(
    database: Database, policies: PolicySet, simulations: Simulations, person: Person, asked: Asked, *, now: datetime
) -> dict[str, Any]:
    """What a candidate would change. Raises `DocumentError`, `RefusedError` and `Problem`."""
    region = _region(person, asked)
    period = None if asked.period_id is None else _closed(database, person, asked.period_id)
    earliest = local_date(now if period is None else period.cut_at, region or _CAPITAL)
    as_of = asked.as_of or earliest
    if as_of < earliest:
        raise problems.simulation_backdated()
    policies.refresh()
    in_force = {one.programme: one for one in policies.in_force(as_of)}
    policy = _candidate(asked, in_force)
    _check_owner(person, policy, policies.latest(policy.programme))
    _check_quotas(asked, policy, region)
    before = in_force.get(policy.programme)
    # Counts of a narrow question say something of few people: who asked which one can be found out.
    logger().info(
        "a simulation begins",
        programme=policy.programme,
        region=region or NATION,
        digest=digest(policy),
        actor=person.actor,
    )
    found = simulations.run(
        Work(
            database_url=database.url,
            within_s=WITHIN_S if period is None else PAST_WITHIN_S,
            before=before,
            after=policy,
            region=region,
            as_of=as_of,
            named=asked.named,
            quotas=asked.quotas,
            past=None if period is None else Past(cut=period.cut, decided=period.decided, at=period.cut_at),
        )
    )
    told: dict[str, Any] = msgspec.to_builtins(found)
    del told["refused"]
    return {
        "programme": policy.programme,
        "version": policy.version,
        "version_in_force": None if before is None else before.version,
        "name_id": policy.name.id,
        "name_en": policy.name.en,
        "digest": digest(policy),
        "region": region or NATION,
        "as_of": as_of,
        "period_id": asked.period_id,
        **told,
    }


def _closed(database: Database, person: Person, period_id: UUID) -> PeriodClosed:
    """A closed period that the person may see. Raises `RefusedError`."""
    with database.transaction() as connection:
        found = periods.period(connection, period_id)
    if found is None or not sees(person, found.asked):
        raise RefusedError("period_unknown")
    if found.closed is None:
        raise RefusedError("period_not_closed")
    return found.closed


def _region(person: Person, asked: Asked) -> str:
    """The prefix of the codes that are meant. Raises `Problem`."""
    own = "" if person.region == NATION else person.region
    region = own if asked.region is None else asked.region
    if not region.startswith(own):
        raise problems.region_not_yours()
    return region


def _candidate(asked: Asked, in_force: Mapping[str, Policy]) -> Policy:
    """The policy that is held against the one in force. Raises `DocumentError`, `RefusedError` and `Problem`."""
    if asked.policy is not None:
        return read_document(asked.policy)
    if asked.programme is None or not asked.quotas:
        raise problems.candidate_missing()
    policy = in_force.get(asked.programme)
    if policy is None:
        raise RefusedError("programme_unknown")
    return policy


def _check_quotas(asked: Asked, policy: Policy, region: str) -> None:
    regions = regions_of(policy)
    for regency in asked.quotas:
        if regency[:2] not in PROVINCES:
            raise RefusedError("region_unknown")
        if regions is not None and not regency.startswith(regions):
            raise RefusedError("quota_outside_programme")
        if not regency.startswith(region):
            raise problems.quota_outside_region()


def _check_owner(person: Person, policy: Policy, published: Policy | None) -> None:
    if not acts_for(person, policy.owner) or (published is not None and published.owner != policy.owner):
        raise RefusedError("policy_not_yours")
