"""Payment lists (docs/payments.md): what a family gets in a disbursement stage, from listing to the bank's results, and
what has to be claimed back. The bank pays; Padan lists, takes results, holds and finds.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.intake import HouseholdId, Regency
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import ELIGIBILITY_EVENTS, PROGRAMME_EVENTS


class Status(StrEnum):
    """How far the payment of a line has come. `ordered` is set by Padan alone. `withdrawn`, `returned` and `excluded`
    are the end of it."""

    LISTED = "listed"
    ACCOUNT_CHECKED = "account_checked"
    ACCOUNT_FAILED = "account_failed"
    ORDERED = "ordered"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    NOT_WITHDRAWN = "not_withdrawn"
    RETURNED = "returned"
    EXCLUDED = "excluded"


class Exclusion(StrEnum):
    """Why a line is not paid at all. `place_ended`: the family holds no place any more."""

    OCCUPATION = "occupation"
    REGIONALLY_INELIGIBLE = "regionally_ineligible"
    DECEASED = "deceased"
    DATA_INCOMPLETE = "data_incomplete"
    WELFARE_WORKER = "welfare_worker"
    PLACE_ENDED = "place_ended"


class Card(StrEnum):
    """Whether the family has been given its card."""

    DISTRIBUTED = "distributed"
    NOT_DISTRIBUTED = "not_distributed"


class HoldReason(StrEnum):
    """Why a line is not to be paid for now. `caretaker_left`: the caretaker has left the family, or is its caretaker no
    more; `death_reported`: an operator reported the death of a member, and nobody has confirmed it."""

    CARETAKER_DIED = "caretaker_died"
    CARETAKER_LEFT = "caretaker_left"
    DEATH_REPORTED = "death_reported"
    BY_OWNER = "by_owner"


class RecoveryReason(StrEnum):
    """Why a payment is to be claimed back. `paid_twice`: one person was paid twice in one stage."""

    PAID_AFTER_DEATH = "paid_after_death"
    PAID_TWICE = "paid_twice"


class Whose(StrEnum):
    """Whose death a payment came after: that of the last member, or of who was to receive it."""

    HOUSEHOLD = "household"
    CARETAKER = "caretaker"


class RecoveryOutcome(StrEnum):
    """What came of a recovery. `returned`: the money came back; `received_by_family`: the survivors had it;
    `unfounded`: there was nothing to claim."""

    RETURNED = "returned"
    RECEIVED_BY_FAMILY = "received_by_family"
    WRITTEN_OFF = "written_off"
    UNFOUNDED = "unfounded"


ListId = Annotated[UUID, told('The payment list: the UUIDv5 of "payment-list" in the namespace of its period.')]
Amount = Annotated[int, msgspec.Meta(ge=0), told("In rupiah.")]
Digest = Annotated[str, told("SHA-256 of the canonical lines, in hexadecimal (docs/payments.md).")]
Recipient = Annotated[UUID, told("The member who is to receive it (pengurus): a person_id.", "pseudonym")]
BecauseOf = Annotated[tuple[UUID, ...], told("Events that prove it.")]
RecoveryId = Annotated[
    UUID, told('The recovery: the UUIDv5 of "<line>:<reason>" in the namespace of the list.', "pseudonym")
]


class LineFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event of a line says."""

    household_id: HouseholdId
    regency: Regency
    programme: Annotated[str, told("Code of the programme, such as pkh or sembako.")]
    stage: Annotated[str, told("The disbursement stage, such as 2026-T1.")]
    list_id: ListId
    line: Annotated[int, msgspec.Meta(ge=1), told("Number of the line in its list, by household id.")]


@event_type("id.padan.eligibility.disbursement_listed.v1", ELIGIBILITY_EVENTS)
class DisbursementListed(LineFact, frozen=True, kw_only=True, omit_defaults=True):
    """A family stands on a payment list. The list counts once `payment_list_made` has told of it.

    When: the programme's owner made a payment list of a closed disbursement stage.
    """

    period_id: Annotated[UUID, told("The closed disbursement stage.")]
    recipient: Recipient
    amount_idr: Annotated[Amount, told("What is to be paid, in rupiah; 0 where no amount is known.")]
    bank: Annotated[str, told("Who pays: the subject of the bank's account.")]
    on: Annotated[date, told("Local date on which it was listed.")]


@event_type("id.padan.eligibility.disbursement_resulted.v1", ELIGIBILITY_EVENTS)
class DisbursementResulted(LineFact, frozen=True, kw_only=True, omit_defaults=True):
    """A line has come to another status; or (the status it had) the family's card to another state.

    When: the bank gave a result; or (`actor` is eligibility itself) it was ordered to be paid, or excluded before that.
    """

    status: Annotated[Status, told("Where it stands now.")]
    on: Annotated[date, told("Local date of it, as the bank says; of what Padan did by itself the date of that.")]
    amount_idr: Annotated[int | None, told("What was paid, in rupiah: always the line's amount.")] = None
    reason: Annotated[str | None, told("Why: of `excluded` one of its reasons, else a code of the bank.")] = None
    card: Annotated[Card | None, told("Whether the family has its card; absent where nothing was said.")] = None
    order: Annotated[int | None, told("Of `ordered`: the number of the order.")] = None
    because_of: BecauseOf = ()


@event_type("id.padan.eligibility.disbursement_held.v1", ELIGIBILITY_EVENTS)
class DisbursementHeld(LineFact, frozen=True, kw_only=True, omit_defaults=True):
    """A line is not to be paid for now. It is not cancelled. A line may be held for several reasons at once.

    When: its recipient died or left the family, a death was reported that nobody has confirmed, or the owner held it.
    """

    reason: Annotated[HoldReason, told("Why.")]
    until: Annotated[date | None, told("Last local date of it; absent: until what it waits for has happened.")] = None
    note: Annotated[str | None, told("Of `by_owner`: the owner's code of why.")] = None
    because_of: BecauseOf = ()


@event_type("id.padan.eligibility.disbursement_hold_ended.v1", ELIGIBILITY_EVENTS)
class DisbursementHoldEnded(LineFact, frozen=True, kw_only=True, omit_defaults=True):
    """A line is held for this reason no longer; another may still hold it.

    When: the family has a caretaker again, who is the recipient from now on; a report of a death was confirmed, refused
    or came to its date; or the owner (`actor`) released the line, also one without a caretaker: the recipient is then
    the eldest living member.
    """

    reason: Annotated[HoldReason, told("Why it had been held.")]
    recipient: Recipient
    note: Annotated[str | None, told("Of a line that the owner released without a caretaker: the code of why.")] = None
    because_of: BecauseOf = ()


class RecoveryFact(LineFact, frozen=True, kw_only=True, omit_defaults=True):
    """What every event of a recovery says."""

    recovery_id: RecoveryId


@event_type("id.padan.eligibility.recovery_opened.v1", ELIGIBILITY_EVENTS)
class RecoveryOpened(RecoveryFact, frozen=True, kw_only=True, omit_defaults=True):
    """A payment is to be claimed back.

    When: it was paid behind the day of a death, or twice to one person, in whichever order that became known. The same
    one opens again where it had closed by itself.
    """

    reason: Annotated[RecoveryReason, told("Why.")]
    amount_idr: Annotated[Amount, told("What was paid, in rupiah.")]
    on: Annotated[date, told("Local date of the payment.")]
    whose: Annotated[Whose | None, told("Of paid_after_death: whose death.")] = None
    because_of: BecauseOf = ()


@event_type("id.padan.eligibility.recovery_closed.v1", ELIGIBILITY_EVENTS)
class RecoveryClosed(RecoveryFact, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a recovery.

    When: the programme's owner closed it; or by itself: what had opened it was taken back (`unfounded`), or the bank
    told that the payment was returned.
    """

    outcome: Annotated[RecoveryOutcome, told("What came of it.")]
    amount_idr: Annotated[Amount, told("What came back, in rupiah.")]
    by: Annotated[str | None, told("Who closed it: `user:<subject>`; absent where it closed by itself.")] = None


@event_type("id.padan.programme.payment_list_made.v1", PROGRAMME_EVENTS)
class PaymentListMade(msgspec.Struct, frozen=True, kw_only=True):
    """A payment list is complete: every family on the sealed list of a disbursement stage has a line.

    When: the programme's owner made it, once. Its key is the programme.
    """

    programme: Annotated[str, told("Code of the programme; also the record's key.")]
    list_id: ListId
    period_id: Annotated[UUID, told("The closed disbursement stage.")]
    stage: Annotated[str, told("The disbursement stage, such as 2026-T1.")]
    lines: Annotated[int, told("Lines of it.")]
    amount_idr: Annotated[int, told("What they come to, in rupiah.")]
    digest: Digest
    bank: Annotated[str, told("Who pays: the subject of the bank's account.")]
    by: Annotated[str, told("Who made it: `user:<subject>`.")]


@event_type("id.padan.programme.payment_list_ordered.v1", PROGRAMME_EVENTS)
class PaymentListOrdered(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a list whose accounts were checked, and that are not held, are to be paid now.

    When: the programme's owner ordered it; again after repairs, and after a hold has ended.
    """

    programme: Annotated[str, told("Code of the programme; also the record's key.")]
    list_id: ListId
    order: Annotated[int, msgspec.Meta(ge=1), told("Number of the order of its list.")]
    lines: Annotated[int, told("Lines that were ordered.")]
    amount_idr: Annotated[int, told("What they come to, in rupiah.")]
    excluded: Annotated[int, told("Lines that were excluded before it.")]
    held: Annotated[int, told("Lines that would have been ordered and are held.")]
    digest: Digest
    by: Annotated[str, told("Who ordered it: `user:<subject>`.")]
