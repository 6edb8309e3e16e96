"""What was recorded wrongly of a member or of a household is corrected."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET
from padan_events.commands.corrections import (
    CorrectHousehold,
    CorrectMember,
    IdentityAnswer,
    IdentityToMatch,
    LinkIdentity,
    NeedsIdentity,
    NobodyToMatch,
)
from padan_events.commands.families import AddMember
from padan_events.corrections import Detail, DetailsCorrected
from padan_events.effects import HouseholdFact
from padan_events.personal import FreedNik, Relationship, ReportedMember, Source

from padan_household.domain.asked import Asked, Known
from padan_household.domain.disputes import answered
from padan_household.domain.household import Household, MoveStage
from padan_household.domain.identities import OpenMember, open_member, sealed_member, take_nik
from padan_household.domain.refusals import (
    ALREADY_SO,
    DEATH_ALREADY_REPORTED,
    HEAD_NAMED,
    HEAD_UNDER_AGE,
    HOUSEHOLD_CLOSED,
    MEMBER_UNKNOWN,
    NIK_NOT_RECORDED,
    NIK_OF_THE_DEAD,
    VERSION_DIFFERS,
    Refusal,
)
from padan_household.domain.succession import too_young_to_head

Facts = Sequence[HouseholdFact] | Refusal

_IDENTITY: Final = ("name", "nik", "birth_date", "sex", "relationship")
_CIRCUMSTANCES: Final = ("school", "pregnant", "disabilities", "severe_disability")
_SENSITIVE: Final = ("birth_date", "sex", "relationship", *_CIRCUMSTANCES)
_HOME: Final = ("family_card_number", "address", "rt", "rw")
_MATCHED: Final = frozenset({Detail.NIK, Detail.NAME, Detail.BIRTH_DATE, Detail.SEX})
"""What the civil registry is asked about."""


def to_match(command: NeedsIdentity, known: Known) -> IdentityAnswer:
    """About whom the civil registry is to be asked before this is decided, as the command would leave them."""
    if isinstance(command, AddMember):
        return _to_add(command.member, known)
    member = open_member(command.person_id, known)
    if isinstance(member, Refusal):
        return NobodyToMatch()
    identity, must_agree = member.identity, False
    match command:
        case CorrectMember():
            after, fields = _corrected(command, member)
            if not _MATCHED.intersection(fields) or identity.nik is None:
                return NobodyToMatch()
            identity = after.identity
            must_agree = Detail.NIK in fields or command.source is Source.CIVIL_REGISTRY
        case LinkIdentity():
            if identity.nik is not None:
                return NobodyToMatch()
            identity, must_agree = msgspec.structs.replace(identity, nik=command.nik), True
    if identity.nik is None:
        return NobodyToMatch()
    return IdentityToMatch(
        nik=identity.nik,
        name=identity.name,
        birth_date=identity.birth_date,
        sex=identity.sex,
        must_agree=must_agree,
        caretaker=command.person_id == known.household.caretaker,
        died=known.household.members[command.person_id].died_on is not None,
        version=known.household.version,
    )


def _to_add(joining: ReportedMember, known: Known) -> IdentityAnswer:
    if joining.nik is None or known.household.closed:
        return NobodyToMatch()
    return IdentityToMatch(
        nik=joining.nik,
        name=joining.name,
        birth_date=joining.birth_date,
        sex=joining.sex,
        must_agree=False,
        caretaker=False,
        version=known.household.version,
    )


def correct_member(command: CorrectMember, known: Known, asked: Asked) -> Facts:
    """A member is corrected; what the civil registry says of it goes with it."""
    person_id, household = command.person_id, known.household
    before = open_member(person_id, known)
    if isinstance(before, Refusal):
        return before
    after, fields = _corrected(command, before)
    refusal = (
        _not_corrected(command, known, before, fields)
        or _not_emptied(command, known, fields)
        or _too_young(command, known, fields, asked)
    )
    if refusal is not None:
        return refusal
    seq, identity, freed = household.members[person_id].membership_seq, after.identity, None
    if Detail.NIK in fields:
        seq, nik_hash, freed = seq + 1, None, _freed(command, before, known, asked)
        if identity.nik is not None:
            taken = take_nik(identity.nik, person_id, known, asked)
            if isinstance(taken, Refusal):
                return taken
            seq, nik_hash = max(seq, taken.seq + 1), taken.nik_hash
        identity = msgspec.structs.replace(identity, nik_hash=nik_hash)
    sources = {**identity.sources, **{field.value: command.source for field in fields if field in _IDENTITY}}
    after = OpenMember(msgspec.structs.replace(identity, sources=sources), after.sensitive)
    corrected = DetailsCorrected(
        household_id=household.id,
        regency=household.regency,
        fields=fields,
        source=command.source,
        person_id=person_id,
        member=sealed_member(person_id, seq, after, known, asked),
        freed=freed,
        **_headed(before, after, known, person_id),
        evidence=command.evidence,
    )
    settled = household.disputes.settled_of(person_id).difference(fields)
    return (corrected, *answered(command.match, person_id, household, settled))


def _corrected(command: CorrectMember, member: OpenMember) -> tuple[OpenMember, tuple[Detail, ...]]:
    """The member as corrected, and what that changes, by kind."""
    told = {name: value for name in {*_IDENTITY, *_SENSITIVE} if (value := getattr(command, name)) is not UNSET}
    identity = _with(member.identity, _IDENTITY, told)
    sensitive = _with(member.sensitive, _SENSITIVE, told)
    changed = {Detail(name) for name in _IDENTITY if getattr(identity, name) != getattr(member.identity, name)}
    if any(getattr(sensitive, name) != getattr(member.sensitive, name) for name in _CIRCUMSTANCES):
        changed.add(Detail.CIRCUMSTANCES)
    return OpenMember(identity, sensitive), tuple(detail for detail in Detail if detail in changed)


def _with(block: Any, names: Sequence[str], told: dict[str, Any]) -> Any:
    return msgspec.structs.replace(block, **{name: told[name] for name in names if name in told})


def _not_corrected(
    command: CorrectMember, known: Known, member: OpenMember, fields: Sequence[Detail]
) -> Refusal | None:
    if not fields:
        return Refusal(ALREADY_SO)
    by_registry = command.source is Source.CIVIL_REGISTRY and not _MATCHED.isdisjoint(fields)
    if member.identity.nik is None and (Detail.NIK in fields or by_registry):
        return Refusal(NIK_NOT_RECORDED, "nik")
    # One head a family: whoever was named wrongly is corrected first.
    if Detail.RELATIONSHIP in fields and command.relationship is Relationship.HEAD:
        if known.household.members[command.person_id].died_on is not None:
            return Refusal(MEMBER_UNKNOWN, "person_id")
        if known.household.head not in (None, command.person_id):
            return Refusal(HEAD_NAMED, "relationship")
    if command.match is None and ((Detail.NIK in fields and command.nik is not None) or by_registry):
        return Refusal(VERSION_DIFFERS)  # it has become possible since registry-ingest looked
    return None


def _not_emptied(command: CorrectMember, known: Known, fields: Sequence[Detail]) -> Refusal | None:
    """Of who has died, or is said to, the NIK stays: it is by that number that a payment after the death is found, that
    the civil registry takes the death back, and that nobody enters the dead as living."""
    person_id = command.person_id
    if Detail.NIK not in fields or command.nik is not None:
        return None
    if known.household.members[person_id].died_on is not None:
        return Refusal(NIK_OF_THE_DEAD, "nik")
    return Refusal(DEATH_ALREADY_REPORTED, "nik") if person_id in known.household.death_claims else None


def _too_young(command: CorrectMember, known: Known, fields: Sequence[Detail], asked: Asked) -> Refusal | None:
    """As `set_head` has it. A birth date that is corrected along with it is not held against what was recorded."""
    heads = Detail.RELATIONSHIP in fields and command.relationship is Relationship.HEAD
    if heads and command.birth_date is UNSET and too_young_to_head(known, command.person_id, asked.today):
        return Refusal(HEAD_UNDER_AGE, "relationship")
    return None


def _freed(command: CorrectMember, before: OpenMember, known: Known, asked: Asked) -> bytes | None:
    """The NIK that was recorded before, to be freed where it is this person who holds it."""
    nik_hash, person_id, household = before.identity.nik_hash, command.person_id, known.household
    claim = None if nik_hash is None else asked.claims.get(bytes.fromhex(nik_hash))
    if nik_hash is None or claim is None or claim.person_id != person_id:
        return None
    return asked.seal(household.id, person_id, "identity", FreedNik(nik_hash), household.next_event_id())


def _headed(before: OpenMember, after: OpenMember, known: Known, person_id: UUID) -> dict[str, Any]:
    """Who is head from now on: where two had been named, the other one. Who follows a head by rule or by decision stays
    head whatever is corrected of the one before."""
    was, now = (one.identity.relationship is Relationship.HEAD for one in (before, after))
    head = known.household.head
    if was == now or (head == person_id if now else head not in (None, person_id)):
        return {}
    heads = [
        member
        for member in known.household.living
        if (identity := known.persons[member].identity) is not None and identity.relationship is Relationship.HEAD
    ]
    heads = [person_id, *heads] if now else [member for member in heads if member != person_id]
    return {"head": heads[0]} if len(heads) == 1 else {"headless": True}


def correct_household(command: CorrectHousehold, known: Known, asked: Asked) -> Facts:
    """Card or address are corrected; where a household lives is changed by a move."""
    household, home = known.household, known.home
    assert home is not None
    if household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    told = {name: value for name in _HOME if (value := getattr(command, name)) is not UNSET}
    after = msgspec.structs.replace(home, **told)
    changed = {name for name in _HOME if getattr(after, name) != getattr(home, name)}
    if not changed:
        return Refusal(ALREADY_SO)
    card = after.family_card_number
    after = msgspec.structs.replace(
        after, family_card_hash=None if card is None else asked.nik_hash(f"kk:{card}").hex()
    )
    fields = {Detail.FAMILY_CARD_NUMBER if name == "family_card_number" else Detail.ADDRESS for name in changed}
    corrected = DetailsCorrected(
        household_id=household.id,
        regency=household.regency,
        fields=tuple(detail for detail in Detail if detail in fields),
        source=command.source,
        identity=asked.seal(household.id, household.id, "identity", after, household.next_event_id()),
        evidence=command.evidence,
    )
    return (corrected,)


def since_move(household: Household, data: DetailsCorrected, _: str) -> dict[str, Any]:
    """What a correction changes of a move to which the destination may still object."""
    move = household.relocation
    if move is None or move.stage is not MoveStage.SETTLED or Detail.FAMILY_CARD_NUMBER not in data.fields:
        return {}
    return {"relocation": msgspec.structs.replace(move, card_corrected=True)}
