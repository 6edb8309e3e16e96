"""What eligibility decided (eligibility.events.v1), and the programmes' policies (programme.events.v1)."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.intake import HouseholdId, Position, Regency
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import ELIGIBILITY_EVENTS, PROGRAMME_EVENTS


class Outcome(StrEnum):
    """How a decision came out. A fact that is not known gives `undetermined`, never "no"."""

    ENTITLED = "entitled"
    NOT_ENTITLED = "not_entitled"
    UNDETERMINED = "undetermined"


@event_type("id.padan.eligibility.decided.v1", ELIGIBILITY_EVENTS)
class Decided(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A household's entitlement to a programme, and on what it rests.

    When: an event of the household changed the decision, or what it rests on; the date came that the decision before
    named; a policy was published; or a review of the household opened or closed, or its place in another
    programme was given or ended, where the policy asks for it. The last one of a household and programme stands.

    The event's id is a UUIDv5 of household, programme, facts, policy version and as-of date, and of the decision it
    replaces where no event of the household led to it: the same decision made again is the same event.
    """

    household_id: HouseholdId
    regency: Regency
    programme: Annotated[str, told("Code of the programme, such as pkh or sembako.")]
    outcome: Annotated[Outcome, told("How it came out. Entitled is not yet a place: places are awarded by quota.")]
    state: Annotated[str, told("The household's state, such as proposed; a place needs determined.")]
    policy_version: Annotated[str, told("Version of the policy it was decided by (programme.events.v1).")]
    facts: Annotated[
        Position, told("Position of the household's last event taken into account, on household.events.v1.")
    ]
    as_of: Annotated[date, told("Local date for which ages were reckoned.")]
    explanation: Annotated[bytes, told("Why, criterion by criterion, in Indonesian and English.", "sealed_sensitive")]
    annual_idr: Annotated[int | None, told("Amount a year in rupiah; absent where there is none.")] = None
    missing: Annotated[tuple[str, ...], told("Facts that were not known and would have mattered.")] = ()
    rests_on: Annotated[
        tuple[UUID, ...],
        told(
            "Events of eligibility.events.v1 on which it rests too, where the policy asks: the last of each review, "
            "and of its place in each programme."
        ),
    ] = ()


@event_type("id.padan.programme.policy_drafted.v1", PROGRAMME_EVENTS)
class PolicyDrafted(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a programme's policy was drafted. Nothing is decided by it.

    When: a person of the programme's owner sent the document, or another one for the same version: the last draft of a
    version counts, and what was said of one before it counts no more.
    """

    programme: Annotated[str, told("Code of the programme; also the record's key.")]
    version: Annotated[str, told("Version that it is to become, such as 2026.1.")]
    document: Annotated[msgspec.Raw, told("The policy as data, as in policy_published.")]
    digest: Annotated[str, told("SHA-256 of the canonical document, in hexadecimal.")]
    drafted_by: Annotated[str, told("Who sent it: `user:<subject>`.")]


@event_type("id.padan.programme.policy_reviewed.v1", PROGRAMME_EVENTS)
class PolicyReviewed(msgspec.Struct, frozen=True, kw_only=True):
    """A second person agreed to the draft of a policy. It can be published now, by anybody of the owner but its author.

    When: somebody of the programme's owner, other than who drafted it, said so.
    """

    programme: Annotated[str, told("Code of the programme; also the record's key.")]
    version: Annotated[str, told("Version that the draft is to become.")]
    digest: Annotated[str, told("Digest of the draft that was agreed to.")]
    reviewed_by: Annotated[str, told("Who agreed: `user:<subject>`.")]


@event_type("id.padan.programme.policy_published.v1", PROGRAMME_EVENTS)
class PolicyPublished(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a programme's policy was published.

    When: eligibility starts with a version that was not published before, or a second person of the programme's owner
    published a draft that was agreed to. A published version never changes.
    """

    programme: Annotated[str, told("Code of the programme; also the record's key.")]
    version: Annotated[str, told("Version of the policy, such as 2025.1.")]
    effective_from: Annotated[date, told("First date on which it holds.")]
    document: Annotated[msgspec.Raw, told("The policy as data: criteria, components, amounts in rupiah a year.")]
    source: Annotated[str, told("Where its rules come from: law, regulation, decree.")]
    digest: Annotated[str, told("SHA-256 of the canonical document, in hexadecimal.")]
    published_by: Annotated[str, told("Who published it: `user:<subject>` or `service:<name>`.")]
