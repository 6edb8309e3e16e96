"""Who is entitled, and why: a pure function of facts, policy and date.

Three values: a criterion holds, fails, or is not known. One that fails decides, whatever else is unknown; else one
that is not known leaves the decision open. So a missing fact is never a "no".
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

import msgspec
from msgspec import UNSET
from padan_events.eligibility import Decided, Outcome
from padan_events.personal import CountedComponent, Criterion, Explanation, SmallestChange
from padan_events.states import State

from padan_eligibility.domain import criteria as judging
from padan_eligibility.domain import kleene, words, words_of_changes
from padan_eligibility.domain.components import Shape, find, next_birthday
from padan_eligibility.domain.criteria import Reading
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import AmountByComponents, FixedAmount, InKind, Policy
from padan_eligibility.domain.scope import ended
from padan_eligibility.domain.turning import smallest


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How a decision came out. `missing` holds codes: decile, birth_date, person_facts,
    sex, identity, school, circumstances."""

    programme: str
    policy_version: str
    outcome: Outcome
    annual_idr: int | None
    missing: tuple[str, ...]
    explanation: Explanation
    reason_digest: str


class _Reason(msgspec.Struct, frozen=True):
    """All of a decision that families of one shape share."""

    outcome: Outcome
    annual_idr: int | None
    missing: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    summary: tuple[str, str]
    may_change: bool

    def digest(self) -> str:
        """SHA-256 of the reason, in hexadecimal."""
        return sha256(msgspec.json.encode(self)).hexdigest()


def decide(policy: Policy, facts: HouseholdFacts, as_of: date) -> Decision:
    """Decide one household's entitlement to one programme as of a local date."""
    components = find(policy, facts.persons, as_of)
    readings = judging.read(policy, facts, as_of)
    reason, reason_digest, turned = _reason(policy, facts.state, readings, components.shape, ended(policy, as_of))
    return Decision(
        programme=policy.programme,
        policy_version=policy.version,
        outcome=reason.outcome,
        annual_idr=reason.annual_idr,
        missing=reason.missing,
        explanation=Explanation(
            criteria=reason.criteria,
            summary_id=reason.summary[0],
            summary_en=reason.summary[1],
            components=tuple(
                CountedComponent(
                    component=policy.components[found.component].code,
                    person_id=str(found.person.person_id),
                    annual_idr=policy.components[found.component].annual_idr,
                    counts=found.counts,
                )
                for found in components.found
            ),
            smallest_change=turned,
            next_change_on=_next_change(policy, facts, as_of) if reason.may_change else None,
        ),
        reason_digest=reason_digest,
    )


def _next_change(policy: Policy, facts: HouseholdFacts, as_of: date) -> date | None:
    days = [next_birthday(policy, facts.persons, as_of)]
    if policy.effective_until is not UNSET:
        days.append(policy.effective_until + timedelta(days=1))
    return min((day for day in days if day is not None), default=None)


@lru_cache(maxsize=16_384)  # 30,000 families have some hundred shapes; words are most of the cost of a decision
def _reason(
    policy: Policy,
    state: State,
    readings: tuple[Reading, ...],
    shape: Shape,
    over: bool,  # a part of the cache's key
) -> tuple[_Reason, str, SmallestChange | None]:
    judged = judging.judge(policy, readings, shape)
    if policy.effective_until is not UNSET:
        judged = (words.period(policy.effective_until, over=over), *judged)
    holds = kleene.every(criterion.holds for criterion in judged)
    outcome = _OUTCOMES[holds]
    amount = _amount(policy, shape) if outcome is Outcome.ENTITLED else None
    goods = policy.amount if isinstance(policy.amount, InKind) and outcome is Outcome.ENTITLED else None
    explained = tuple(criterion.full for criterion in judged)
    reason = _Reason(
        outcome=outcome,
        annual_idr=amount,
        missing=_missing(explained, shape),
        criteria=explained,
        summary=words.summary(
            programme=policy.name,
            outcome=outcome,
            criteria=judged,
            amount=words.goods(goods) if goods else None if amount is None else words.rupiah(amount),
            gap=words.gap_of(shape),
            state=state,
            place_needs=policy.place_needs,
        ),
        may_change=judging.may_change(explained),
    )
    changes = () if over else smallest(policy, readings, shape)
    # What it would turn by is no part of the digest: it says nothing that the reason does not.
    return reason, reason.digest(), words_of_changes.told(policy, changes, entitled=holds is True)


_OUTCOMES = {True: Outcome.ENTITLED, False: Outcome.NOT_ENTITLED, None: Outcome.UNDETERMINED}


def digest(decision: Decision, facts: HouseholdFacts) -> str:
    """SHA-256, in hexadecimal, of all that a reader of the decision would see change: neither position nor as-of
    date."""
    seen = (
        decision.policy_version,
        decision.reason_digest,
        decision.explanation.components,
        decision.explanation.next_change_on,
        facts.state,
        facts.regency,
    )
    return sha256(msgspec.json.encode(seen)).hexdigest()


def digest_of_recorded(decided: Decided, explanation: Explanation) -> str:
    """The `digest` of a decision as it was recorded, from the event and its opened explanation."""
    reason = _Reason(
        outcome=decided.outcome,
        annual_idr=decided.annual_idr,
        missing=decided.missing,
        criteria=explanation.criteria,
        summary=(explanation.summary_id, explanation.summary_en),
        may_change=judging.may_change(explanation.criteria),
    )
    seen = (
        decided.policy_version,
        reason.digest(),
        explanation.components,
        explanation.next_change_on,
        decided.state,
        decided.regency,
    )
    return sha256(msgspec.json.encode(seen)).hexdigest()


def _amount(policy: Policy, shape: Shape) -> int | None:
    match policy.amount:
        case FixedAmount():
            return policy.amount.annual_idr
        case AmountByComponents():
            return sum(policy.components[index].annual_idr * number for index, number in shape.counted)
        case InKind():
            return None


def _missing(criteria: Sequence[Criterion], shape: Shape) -> tuple[str, ...]:
    open_leaves = {criterion.code for criterion in _flat(criteria) if criterion.fact is None}
    known = (
        ("decile", "decile" not in open_leaves),
        ("birth_date", not shape.birth_dates_missing),
        ("person_facts", not shape.persons_missing),
        ("sex", not shape.sexes_missing),
        ("identity", not shape.identities_missing),
        ("school", not shape.schools_missing),
        ("circumstances", not any(code.startswith("poverty_") for code in open_leaves)),
    )
    return tuple(code for code, is_known in known if not is_known)


def _flat(criteria: Sequence[Criterion]) -> Iterator[Criterion]:
    for criterion in criteria:
        if criterion.parts:
            yield from _flat(criterion.parts)
        else:
            yield criterion
