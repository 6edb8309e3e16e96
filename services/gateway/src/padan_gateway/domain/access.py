"""Who sees what: one table of role x field and one of role x action. What is not written here is denied.

Source: docs/domain.md; UU 27/2022 on personal data (purpose limitation, records of access). `docs/access-table.md`
is generated from this module.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """Who uses Padan. A token names one of these."""

    VILLAGE_OPERATOR = "village_operator"
    VILLAGE_HEAD = "village_head"
    FACILITATOR = "facilitator"
    DISTRICT_OFFICER = "district_officer"
    SOCIAL_OFFICE = "social_office"
    APPROVER = "approver"
    PROVINCE = "province"
    MINISTRY = "ministry"
    PROGRAMME_OWNER = "programme_owner"
    AGENCY = "agency"
    PAYING_BANK = "paying_bank"
    CIVIL_REGISTRY_OFFICER = "civil_registry_officer"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    ADMINISTRATOR = "administrator"
    CITIZEN = "citizen"


class Purpose(StrEnum):
    """Why somebody reads unmasked data; stated with each request and logged."""

    VERIFICATION = "verification"
    CORRECTION = "correction"
    COMPLAINT = "complaint"
    PAYMENT = "payment"
    AUDIT = "audit"


class Action(StrEnum):
    """What can be asked of the gateway."""

    READ_HOUSEHOLD = "read_household"
    LIST_HOUSEHOLDS = "list_households"
    READ_OBJECTIONS = "read_objections"
    LOOK_UP_PERSON = "look_up_person"
    READ_ELIGIBILITY = "read_eligibility"
    SEND_COMMAND = "send_command"
    ATTACH_PHOTO = "attach_photo"
    NOTIFY_LIFE_EVENT = "notify_life_event"
    UPLOAD_BATCH = "upload_batch"
    READ_BATCH = "read_batch"
    CHECK_LIST = "check_list"
    READ_PIPELINE = "read_pipeline"
    READ_POLICIES = "read_policies"
    PUBLISH_POLICY = "publish_policy"
    SET_QUOTA = "set_quota"
    SIMULATE_POLICY = "simulate_policy"
    REPORT_MATCHES = "report_matches"
    READ_REVIEWS = "read_reviews"
    CLOSE_REVIEW = "close_review"
    READ_PERIODS = "read_periods"
    CLOSE_PERIOD = "close_period"
    READ_PAYMENTS = "read_payments"
    ORDER_PAYMENTS = "order_payments"
    GIVE_RESULTS = "give_results"
    READ_FINDINGS = "read_findings"


class Field(StrEnum):
    """What an answer can hold. `register` stands for what identifies nobody: state, region down to the district,
    decile, counts, ids. The village belongs to `address`: with birth month and sex it singles most people out, so it is
    sealed in the events as the street is. Of a list that is checked, or that tells of matches, `list_result` says
    whether each person is in the register of the caller's region; of one that is checked, `list_details` says whether
    in another's and which data differ. `objection` is who objected to a family, and what they say: whoever lives or
    works in the village never sees it. `review` is which foreign register named which member and when, and what an
    official found: the same holds of it. `payment` is what a family was listed for in a stage, and what came of it."""

    REGISTER = "register"
    NAME = "name"
    NIK = "nik"
    FAMILY_CARD_NUMBER = "family_card_number"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    RELATIONSHIP = "relationship"
    ADDRESS = "address"
    PHOTO = "photo"
    GEOTAG = "geotag"
    MATCH = "match"
    DECISION = "decision"
    EXPLANATION = "explanation"
    OBJECTION = "objection"
    REVIEW = "review"
    PAYMENT = "payment"
    BATCH_ROWS = "batch_rows"
    LIST_RESULT = "list_result"
    LIST_DETAILS = "list_details"
    DECILE_GROUP = "decile_group"


class Right(StrEnum):
    """A cell of the table."""

    FULL = "full"
    PURPOSE = "purpose"
    MASKED = "masked"
    HIDDEN = "hidden"


class Sight(StrEnum):
    """How one field appears in one answer."""

    FULL = "full"
    MASKED = "masked"
    HIDDEN = "hidden"


UNIDENTIFYING = frozenset({Field.REGISTER, Field.DECISION, Field.MATCH, Field.PAYMENT})
"""Fields that may be FULL without a purpose; every other is personal data."""

_IDENTITY = (
    Field.NAME,
    Field.NIK,
    Field.FAMILY_CARD_NUMBER,
    Field.BIRTH_DATE,
    Field.SEX,
    Field.RELATIONSHIP,
    Field.ADDRESS,
)
_NUMBERS = (Field.NAME, Field.NIK, Field.FAMILY_CARD_NUMBER, Field.BIRTH_DATE)
_FACTS = dict.fromkeys((Field.REGISTER, Field.DECISION, Field.MATCH, Field.PAYMENT), Right.FULL)
_CASE_WORK = {**_FACTS, **dict.fromkeys((*_IDENTITY, Field.PHOTO, Field.GEOTAG), Right.PURPOSE)}
_DECIDES = {**_CASE_WORK, Field.EXPLANATION: Right.PURPOSE}
_LIST = {Field.LIST_RESULT: Right.PURPOSE, Field.LIST_DETAILS: Right.PURPOSE, Field.DECILE_GROUP: Right.PURPOSE}
_SENDS_FILES = {
    **_DECIDES,
    Field.BATCH_ROWS: Right.PURPOSE,
    Field.OBJECTION: Right.PURPOSE,
    Field.REVIEW: Right.PURPOSE,
    **_LIST,
}
_MASKED_ONLY = {**_FACTS, **dict.fromkeys(_NUMBERS, Right.MASKED)}

FIELDS: Mapping[Role, Mapping[Field, Right]] = {
    Role.VILLAGE_OPERATOR: _DECIDES,
    Role.VILLAGE_HEAD: _CASE_WORK,
    Role.FACILITATOR: _DECIDES,
    Role.DISTRICT_OFFICER: _DECIDES,
    Role.SOCIAL_OFFICE: _SENDS_FILES,
    Role.APPROVER: _DECIDES,
    Role.PROVINCE: _SENDS_FILES,
    Role.MINISTRY: _SENDS_FILES,
    Role.PROGRAMME_OWNER: {**_MASKED_ONLY, Field.LIST_RESULT: Right.PURPOSE},
    Role.AGENCY: {Field.LIST_RESULT: Right.PURPOSE, Field.DECILE_GROUP: Right.PURPOSE},
    Role.PAYING_BANK: {Field.PAYMENT: Right.FULL, Field.NAME: Right.PURPOSE, Field.NIK: Right.PURPOSE},
    Role.CIVIL_REGISTRY_OFFICER: {
        Field.REGISTER: Right.FULL,
        Field.MATCH: Right.FULL,
        **dict.fromkeys(_IDENTITY, Right.PURPOSE),
    },
    Role.AUDITOR: {**_DECIDES, Field.BATCH_ROWS: Right.PURPOSE, Field.REVIEW: Right.PURPOSE},
    Role.DATA_PROTECTION_OFFICER: {**_DECIDES, Field.REVIEW: Right.PURPOSE},
}
"""By role, the right to each field. A role or field that is absent is hidden."""

_READS = frozenset({Action.READ_HOUSEHOLD, Action.LIST_HOUSEHOLDS, Action.READ_ELIGIBILITY})
_CASES = _READS | {Action.LOOK_UP_PERSON}
_WORKS = _CASES | {Action.SEND_COMMAND, Action.ATTACH_PHOTO}
_REPORTS = {Action.READ_BATCH, Action.READ_PIPELINE}
_PERIODS = {Action.READ_PERIODS, Action.CLOSE_PERIOD}
_POLICIES = {Action.READ_POLICIES, Action.PUBLISH_POLICY, Action.SET_QUOTA, Action.SIMULATE_POLICY}
_REVIEWS = {Action.READ_REVIEWS, Action.CLOSE_REVIEW}
_LISTS_PAYMENTS = {Action.READ_PAYMENTS, Action.ORDER_PAYMENTS}
_FILES = (
    _CASES
    | _REPORTS
    | _REVIEWS
    | {
        Action.READ_OBJECTIONS,
        Action.UPLOAD_BATCH,
        Action.CHECK_LIST,
        Action.READ_POLICIES,
        Action.READ_PAYMENTS,
    }
)

ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.VILLAGE_OPERATOR: _WORKS,
    Role.VILLAGE_HEAD: _READS | {Action.SEND_COMMAND, Action.ATTACH_PHOTO},
    Role.FACILITATOR: _WORKS,
    Role.DISTRICT_OFFICER: _WORKS,
    Role.SOCIAL_OFFICE: _FILES | _PERIODS | {Action.SEND_COMMAND, Action.ATTACH_PHOTO},
    Role.APPROVER: _CASES | {Action.SEND_COMMAND},
    Role.PROVINCE: _FILES | _PERIODS,
    Role.MINISTRY: _FILES
    | _POLICIES
    | _PERIODS
    | _LISTS_PAYMENTS
    | {Action.SEND_COMMAND, Action.REPORT_MATCHES, Action.READ_FINDINGS},
    Role.PROGRAMME_OWNER: _READS | _POLICIES | _PERIODS | _LISTS_PAYMENTS | {Action.REPORT_MATCHES},
    Role.AGENCY: frozenset({Action.CHECK_LIST, Action.REPORT_MATCHES}),
    Role.PAYING_BANK: frozenset({Action.READ_PAYMENTS, Action.GIVE_RESULTS}),
    Role.CIVIL_REGISTRY_OFFICER: frozenset({Action.READ_HOUSEHOLD, Action.LOOK_UP_PERSON, Action.NOTIFY_LIFE_EVENT}),
    Role.AUDITOR: _CASES
    | _REPORTS
    | {
        Action.READ_POLICIES,
        Action.READ_REVIEWS,
        Action.READ_PERIODS,
        Action.READ_PAYMENTS,
        Action.READ_FINDINGS,
    },
    Role.DATA_PROTECTION_OFFICER: _CASES | {Action.READ_FINDINGS},
    Role.ADMINISTRATOR: frozenset({Action.READ_PIPELINE}),
    Role.CITIZEN: frozenset({Action.SEND_COMMAND}),
}
"""By role, what it may ask. Files come from the offices that answer for a register; the administrator runs the
platform and has no business with what is in them. The civil registry, an officer or its machine under a token of that
role, tells of deaths, births and moves. An agency has its own lists checked, and learns yes or
no. Agencies and owners of programmes tell of matches with foreign registers; whoever answers for a register reviews
them, never who told of one. A citizen sends the
commands of `CITIZENS`, and reads nothing. Policies are drafted and published by two people of the programme's owner;
eligibility, which keeps them, knows whose each is, and so whose a payment list is. A bank reads the lists that name
it, and gives their results. Integrators get answers of their own kind with their own endpoints: none of these is for
them."""

CITIZENS = frozenset({"resign", "raise_objection", "appeal_objection"})
"""The commands that a citizen may send. Every other is denied before anybody outside is asked about anyone."""


def may_send(role: Role, command: str) -> bool:
    """Whether a command of a role goes further; household, which decides it, knows the roles of each."""
    return may(role, Action.SEND_COMMAND) and (role is not Role.CITIZEN or command in CITIZENS)


def may(role: Role, action: Action) -> bool:
    """Whether a role may ask this."""
    return action in ACTIONS.get(role, frozenset())


def right(role: Role, field: Field) -> Right:
    """The cell of the table."""
    return FIELDS.get(role, {}).get(field, Right.HIDDEN)


def sight(role: Role, field: Field, purpose: Purpose | None) -> Sight:
    """How a field appears to a role that stated `purpose` (None: stated nothing)."""
    match right(role, field):
        case Right.FULL if field in UNIDENTIFYING:
            return Sight.FULL
        case Right.PURPOSE:
            return Sight.MASKED if purpose is None else Sight.FULL
        case Right.MASKED:
            return Sight.MASKED
        case _:
            return Sight.HIDDEN
