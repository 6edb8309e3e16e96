"""Whether the demo came out as it must: the figures of the generator's plan, found again by real validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from padan_eligibility.domain.scope import applies
from padan_eligibility.policies import packaged
from padan_events.places import PlaceReleased, Promoted
from padan_simulators import pati
from padan_simulators.pati.numbers import PATI

from padan_cli.demo.feed import LedgerFact, Outcomes
from padan_cli.demo.journey import Journey
from padan_cli.demo.placing import Placed
from padan_cli.demo.screens import OUTCOMES


@dataclass(frozen=True, slots=True)
class Story:
    """All that the demo saw: the three files' journeys, and the decisions on Kafka around the ranking."""

    batch: pati.PatiBatch
    base: Journey
    registration: Journey
    ranking: Journey
    before: Outcomes
    after: Outcomes
    changed: int
    placed: Placed
    chain: Sequence[tuple[UUID, LedgerFact]]


def faults(story: Story) -> list[str]:
    """What is not as it must be, in words; none where the demo came out right."""
    expected, report = story.batch.expected, story.registration.batch
    found = {code: count for code, count in report["first_reasons"].items() if count}
    wanted = {code: count for code, count in expected.by_first_reason.items() if count}
    base, accepted = story.base.batch["valid"], report["outcomes"]["accepted"]
    checks = {
        f"the earlier register has {base} valid rows, not {expected.base_rows}": base == expected.base_rows,
        f"the batch has {report['valid']} valid rows, not {expected.valid}": report["valid"] == expected.valid,
        f"first reasons are {found}, not {wanted}": found == wanted,
        f"accepted {accepted}, not {expected.valid}": accepted == expected.valid,
        f"the ranking is {story.ranking.batch['state']}": story.ranking.batch["state"] == "done",
        "the ranking changed no decision": story.changed > 0,
    }
    households = expected.base_rows + expected.valid
    programmes = [policy.programme for policy in packaged() if applies(policy, PATI, datetime.now(UTC).date())]
    for name, outcomes in (("before", story.before), ("after", story.after)):
        for programme in programmes:
            decided = sum(outcomes.get(programme, {}).values())
            checks[f"{programme} {name} the ranking: {decided} decided, not {households}"] = decided == households
    checks |= _of_places(story)
    for outcome in OUTCOMES:
        checks[f"no household came out {outcome}"] = any(by[outcome] for by in story.after.values())
    return [fault for fault, holds in checks.items() if not holds]


def _of_places(story: Story) -> Mapping[str, bool]:
    placed = story.placed
    waited = [one for one in placed.families if one.before["status"] == "waiting"]
    ranks = sorted(one.before["rank"] for one in waited)
    first = next((one for one in waited if one.before["rank"] == 1), None)
    resigned = next(one for one in placed.families if one.household_id == placed.resigned)
    released = {event_id for event_id, fact in story.chain if isinstance(fact, PlaceReleased)}
    numbers = [fact.ledger_seq for _, fact in story.chain]
    promoted = {str(one.household_id): one.because_of for _, one in story.chain if isinstance(one, Promoted)}
    return {
        f"of {len(placed.families)} families {len(waited)} wait, at the ranks {ranks}": ranks
        == list(range(1, 1 + len(placed.families) - placed.quota)),
        "the place of who resigned did not end": resigned.after["reason"] == "resigned",
        "who ranked first was not promoted": first is not None and first.after["status"] == "held",
        f"promoted were {len(promoted)}, not the one for whom a place was released": first is not None
        and promoted.keys() == {first.household_id}
        and set(promoted.values()) <= released,
        f"the ledger's events have the numbers {numbers}": numbers == list(range(1, 1 + len(numbers))),
    }
