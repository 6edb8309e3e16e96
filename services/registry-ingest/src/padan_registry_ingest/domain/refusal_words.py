"""The words of one refusal."""

import msgspec


class Words(msgspec.Struct, frozen=True):
    """One refusal: the HTTP status of an answer whose first reason it is, what is wrong, and what to do."""

    code: str
    status: int
    id: str
    en: str
    next_id: str
    next_en: str
