"""Every command there is, as a person sends it."""

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
from padan_events.commands.proposing import ProposeHousehold
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
from padan_events.commands.rounds import CloseRound, DeclareNoChange, OpenRounds
from padan_events.commands.verifying import (
    AssessCircumstances,
    AttachEvidence,
    GeotagHousehold,
    VerifyHousehold,
)

Command = (
    ProposeHousehold
    | Deliberate
    | Approve
    | Determine
    | ReturnCases
    | RejectCases
    | WithdrawHousehold
    | DeactivateHousehold
    | ReactivateHousehold
    | AddMember
    | SplitHousehold
    | TransferMembers
    | MergeHouseholds
    | SetHead
    | SetCaretaker
    | CorrectMember
    | CorrectHousehold
    | LinkIdentity
    | RecheckIdentity
    | ResolveConflict
    | ReportDeath
    | ConfirmDeath
    | RefuseDeathReport
    | VerifyHousehold
    | AttachEvidence
    | GeotagHousehold
    | AssessCircumstances
    | ProposeProgramme
    | VerifyRecipient
    | ConfirmRecipient
    | Resign
    | OpenRounds
    | DeclareNoChange
    | CloseRound
    | RaiseObjection
    | ResolveObjection
    | AppealObjection
    | RelocateHousehold
    | ObjectRelocation
    | RequestRelocation
    | ReleaseRelocation
    | AcceptRelocation
    | RefuseRelocation
    | CancelRelocation
    | MergeMembers
    | UnmergeMembers
    | VerifyRecipients
    | ConfirmRecipients
    | RecordNeed
    | ReferNeed
    | DeliverIntervention
)

CaseList = Deliberate | Approve | Determine | ReturnCases | RejectCases | VerifyRecipients | ConfirmRecipients
"""Commands with many cases, each of which has a result of its own."""
