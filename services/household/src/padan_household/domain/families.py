"""Who belongs to which household: members are added, families part. Source: docs/domain.md, Death, birth, moving."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from padan_events.commands.families import AddMember, SplitHousehold
from padan_events.effects import HouseholdFact, SealedMember
from padan_events.families import MemberAdded, Split
from padan_events.household import Proposed, SplitFrom
from padan_events.personal import HouseholdIdentity, Relationship

from padan_household.domain import ids
from padan_household.domain.asked import Asked, Known
from padan_household.domain.membership import departed, may_change, may_hold, may_part, members_of, resealed, some_stay
from padan_household.domain.proposing import FIRST_MEMBERSHIP, person_identity, person_sensitive
from padan_household.domain.recipients import finding_of
from padan_household.domain.refusals import (
    CARETAKER_UNKNOWN,
    DATE_BEFORE_BIRTH,
    DUPLICATE_IN_REGISTER,
    HEAD_UNCLEAR,
    HEAD_UNDER_AGE,
    HOUSEHOLD_ERASED,
    RECORDED_DEAD,
    UNDER_AGE,
    Refusal,
)
from padan_household.domain.stream import FIRST_VERSION
from padan_household.domain.succeeding import succeed
from padan_household.domain.succession import known_minor, too_young_to_head

Facts = Sequence[HouseholdFact] | Refusal


def add_member(command: AddMember, known: Known, asked: Asked) -> Facts:
    """A person who is in no household joins. Who was in the register before is the same person again."""
    household, reported = known.household, command.member
    refusal = may_change(known) or may_hold(command.occurred_on, asked)
    if refusal is not None:
        return refusal
    if (
        command.occurred_on is not None
        and reported.birth_date is not None
        and command.occurred_on < reported.birth_date
    ):
        return Refusal(DATE_BEFORE_BIRTH, "occurred_on")
    if reported.relationship is Relationship.HEAD and household.head is not None:
        return Refusal(HEAD_UNCLEAR, "member.relationship")
    nik_hash = None if reported.nik is None else asked.nik_hash(reported.nik)
    claim = None if nik_hash is None else asked.claims.get(nik_hash)
    if claim is not None and not claim.released:
        return Refusal(DUPLICATE_IN_REGISTER, "member.nik", claim.household_id)
    if claim is not None and claim.of_the_dead:
        return Refusal(RECORDED_DEAD, "member.nik", claim.household_id)
    person_id = (None if claim is None else claim.known_person) or uuid5(asked.command_id, "member")
    event_id = household.next_event_id()
    member = SealedMember(
        person_id=person_id,
        membership_seq=FIRST_MEMBERSHIP if claim is None else claim.membership_seq + 1,
        identity=asked.seal(household.id, person_id, "identity", person_identity(reported, nik_hash), event_id),
        sensitive=asked.seal(household.id, person_id, "sensitive", person_sensitive(reported), event_id),
        birth_year=None if reported.birth_date is None else reported.birth_date.year,
    )
    return (
        MemberAdded(
            household_id=household.id,
            regency=household.regency,
            member=member,
            reason=command.reason,
            occurred_on=command.occurred_on or asked.today,
        ),
    )


def split(command: SplitHousehold, known: Known, asked: Asked) -> Facts:
    """Part of a family becomes a household of its own, in the state of the old one; somebody stays behind."""
    origin, home = known.household, known.home
    if home is None:
        return Refusal(HOUSEHOLD_ERASED)
    refusal = (
        may_part(known)
        or may_hold(command.occurred_on, asked)
        or members_of(command.members, known)
        or some_stay(command.members, known)
    )
    if refusal is not None:
        return refusal
    head = _head(command, known, asked)
    if isinstance(head, Refusal):
        return head
    if command.caretaker not in {one.person_id for one in command.members}:
        return Refusal(CARETAKER_UNKNOWN, "caretaker")
    if known_minor(known, command.caretaker, asked.today):
        return Refusal(UNDER_AGE, "caretaker")
    new_id, transfer_id = ids.proposed_household_id(asked.command_id), uuid5(asked.command_id, "transfer")
    event_id, on = ids.event_id(new_id, FIRST_VERSION), command.occurred_on or asked.today
    card = command.family_card_number
    identity = HouseholdIdentity(
        village=home.village,
        family_card_number=card,
        family_card_hash=None if card is None else asked.nik_hash("kk:" + card).hex(),
        address=command.address or home.address,
        rt=command.rt or home.rt,
        rw=command.rw or home.rw,
    )
    proposed = Proposed(
        household_id=new_id,
        regency=origin.regency,
        occurred_on=on,
        caretaker=command.caretaker,
        head=head,
        identity=asked.seal(new_id, new_id, "identity", identity, event_id),
        members=tuple(resealed(one, known, new_id, event_id, asked) for one in command.members),
        split_from=SplitFrom(
            household_id=origin.id,
            transfer_id=transfer_id,
            state=origin.state,
            approvals=origin.case.approvals,
            returned_to=origin.case.returned_to,
            update_month=origin.case.update_month,
            decile=origin.decile,
            ranked_on=origin.ranked_on,
            finding=finding_of(origin),
        ),
    )
    parted = Split(
        household_id=origin.id,
        regency=origin.regency,
        into=new_id,
        transfer_id=transfer_id,
        departed=departed(command.members, origin),
        occurred_on=on,
    )
    return (proposed, parted, *succeed(known, on, asked.today, {one.person_id for one in command.members}))


def _head(command: SplitHousehold, known: Known, asked: Asked) -> UUID | Refusal:
    """Who is head of those who leave."""
    heads = [one.person_id for one in command.members if one.relationship is Relationship.HEAD]
    if len(heads) != 1:
        return Refusal(HEAD_UNCLEAR, "members")
    staying = {*known.household.living} - {one.person_id for one in command.members}
    too_young = too_young_to_head(known, heads[0], asked.today, staying)
    return Refusal(HEAD_UNDER_AGE, "members") if too_young else heads[0]
