"""By command, how it is decided: one pure function of the command, the household as it stands, and who asks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.commands.cases import (
    Approve,
    DeactivateHousehold,
    Deliberate,
    Determine,
    ReactivateHousehold,
    RejectCases,
    ReturnCases,
    WithdrawHousehold,
)
from padan_events.commands.corrections import (
    CorrectHousehold,
    CorrectMember,
    LinkIdentity,
    RecheckIdentity,
    ResolveConflict,
)
from padan_events.commands.duplicates import MergeMembers, UnmergeMembers
from padan_events.commands.dying import ConfirmDeath, RefuseDeathReport, ReportDeath
from padan_events.commands.families import (
    AddMember,
    MergeHouseholds,
    SetCaretaker,
    SetHead,
    SplitHousehold,
    TransferMembers,
)
from padan_events.commands.needs import DeliverIntervention, RecordNeed, ReferNeed
from padan_events.commands.objections import AppealObjection, RaiseObjection, ResolveObjection
from padan_events.commands.recipients import (
    ConfirmRecipient,
    ConfirmRecipients,
    ProposeProgramme,
    Resign,
    VerifyRecipient,
    VerifyRecipients,
)
from padan_events.commands.relocations import (
    AcceptRelocation,
    CancelRelocation,
    ObjectRelocation,
    RefuseRelocation,
    ReleaseRelocation,
    RelocateHousehold,
    RequestRelocation,
)
from padan_events.commands.verifying import AssessCircumstances, AttachEvidence, GeotagHousehold, VerifyHousehold
from padan_events.effects import HouseholdFact

from padan_household.domain import (
    corrections,
    death_claims,
    duplicates,
    families,
    identities,
    needs,
    objections,
    recipients,
    relocating,
    succeeding,
    tiers,
    transferring,
    unmerging,
    verification,
)
from padan_household.domain.asked import Asked, Known
from padan_household.domain.authority import acts_in, lives_in
from padan_household.domain.refusals import Refusal

Decide = Callable[[Any, Known, Asked], Sequence[HouseholdFact] | Refusal]


def _none(_: Any) -> tuple[Any, ...]:
    return ()


def _nik_of_member(command: AddMember) -> tuple[str, ...]:
    return () if command.member.nik is None else (command.member.nik,)


def in_its_village(_: Any, known: Known, asked: Asked) -> Refusal | None:
    """Whether the sender acts where the household lives."""
    return acts_in(asked.region, known.home.village) if known.home is not None else None


def of_its_village(_: Any, known: Known, asked: Asked) -> Refusal | None:
    """As `in_its_village`; a citizen lives in the household's village."""
    return lives_in(asked.role, asked.region, known.home.village) if known.home is not None else None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """How a command is decided.

    `decide` gets the household that the command names first, with its members' blocks where `opens_members`; `others`
    says which other households it names, opened in the same way. Facts may be of any of them, or of a new one. `niks`
    are those that the command brings; with `claims_members` the claims of all the members opened are asked for, too.
    With `opens_duplicates` the records kept aside are opened, too, and `claims_members` asks for their claims.
    With `opens_geotag` the place on the map is opened, too. `may_act` says whether the sender may act here: by default,
    where the household lives. What an `unnamed` rule leads to, and whatever a citizen asks for, is recorded on behalf
    of this service. One that `asks_rounds` is told those of the household's village.
    """

    decide: Decide
    may_act: Callable[[Any, Known, Asked], Refusal | None] = in_its_village
    opens_members: bool = False
    opens_duplicates: bool = False
    opens_geotag: bool = False
    others: Callable[[Any], tuple[UUID, ...]] = _none
    niks: Callable[[Any], Iterable[str]] = _none
    claims_members: bool = False
    unnamed: bool = False
    asks_rounds: bool = False


RULES: Final[Mapping[type, Rule]] = {
    Deliberate: Rule(decide=tiers.deliberate),
    Approve: Rule(decide=tiers.approve),
    Determine: Rule(decide=tiers.determine),
    ReturnCases: Rule(decide=tiers.return_case),
    RejectCases: Rule(decide=tiers.reject),
    WithdrawHousehold: Rule(decide=tiers.withdraw),
    DeactivateHousehold: Rule(decide=tiers.deactivate),
    ReactivateHousehold: Rule(decide=tiers.reactivate, opens_members=True, claims_members=True),
    AddMember: Rule(decide=families.add_member, niks=_nik_of_member),
    SplitHousehold: Rule(decide=families.split, opens_members=True),
    TransferMembers: Rule(
        decide=transferring.transfer,
        may_act=transferring.may_take_in,
        opens_members=True,
        others=lambda command: (command.origin,),
    ),
    MergeHouseholds: Rule(
        decide=transferring.merge,
        may_act=transferring.may_merge,
        opens_members=True,
        others=lambda command: (command.absorbed,),
    ),
    SetHead: Rule(decide=succeeding.set_head, opens_members=True),
    SetCaretaker: Rule(decide=succeeding.set_caretaker, opens_members=True),
    CorrectMember: Rule(
        decide=corrections.correct_member,
        opens_members=True,
        niks=lambda command: (command.nik,) if isinstance(command.nik, str) else (),
        claims_members=True,
    ),
    CorrectHousehold: Rule(decide=corrections.correct_household),
    LinkIdentity: Rule(
        decide=identities.link_identity,
        opens_members=True,
        niks=lambda command: (command.nik,),
        claims_members=True,
    ),
    RecheckIdentity: Rule(decide=identities.recheck_identity, opens_members=True),
    ResolveConflict: Rule(decide=identities.resolve_conflict, opens_members=True),
    ReportDeath: Rule(decide=death_claims.report),
    ConfirmDeath: Rule(decide=death_claims.confirm, opens_members=True),
    RefuseDeathReport: Rule(decide=death_claims.refuse),
    VerifyHousehold: Rule(decide=verification.verify),
    AttachEvidence: Rule(decide=verification.attach, opens_geotag=True),
    GeotagHousehold: Rule(decide=verification.geotag),
    AssessCircumstances: Rule(decide=verification.assess),
    ProposeProgramme: Rule(decide=recipients.propose_programme),
    VerifyRecipient: Rule(decide=recipients.verify, asks_rounds=True),
    ConfirmRecipient: Rule(decide=recipients.confirm),
    VerifyRecipients: Rule(decide=recipients.verify_each, asks_rounds=True),
    ConfirmRecipients: Rule(decide=recipients.confirm),
    Resign: Rule(decide=recipients.resign, may_act=of_its_village),
    RaiseObjection: Rule(decide=objections.raise_objection, may_act=of_its_village, unnamed=True),
    ResolveObjection: Rule(decide=objections.resolve),
    AppealObjection: Rule(decide=objections.appeal, may_act=of_its_village, unnamed=True),
    RecordNeed: Rule(decide=needs.record, opens_members=True),
    ReferNeed: Rule(decide=needs.refer, opens_members=True),
    DeliverIntervention: Rule(decide=needs.deliver),
    RelocateHousehold: Rule(decide=relocating.relocate),
    ObjectRelocation: Rule(decide=relocating.object_to),
    RequestRelocation: Rule(decide=relocating.request),
    ReleaseRelocation: Rule(decide=relocating.release),
    AcceptRelocation: Rule(decide=relocating.accept, may_act=relocating.at_destination),
    RefuseRelocation: Rule(decide=relocating.refuse, may_act=relocating.at_destination),
    CancelRelocation: Rule(decide=relocating.cancel),
    MergeMembers: Rule(
        decide=duplicates.merge,
        may_act=duplicates.may_settle,
        opens_members=True,
        others=lambda command: (command.duplicate_in,),
        claims_members=True,
    ),
    UnmergeMembers: Rule(
        decide=unmerging.unmerge,
        may_act=duplicates.may_settle,
        opens_members=True,
        opens_duplicates=True,
        others=lambda command: (command.duplicate_in,),
        claims_members=True,
    ),
}
