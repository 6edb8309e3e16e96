"""What registry-ingest asks the gateway about the people of a list: the answer of GET /list-checks/{id}/questions."""

import msgspec


class Question(msgspec.Struct, frozen=True):
    """One person to be looked for in the views. `known`: the register holds them somewhere."""

    row: int
    nik_hash: bytes
    name: str
    birth_date: str
    known: bool


class Questions(msgspec.Struct, frozen=True):
    """The next of a list's `rows` rows, behind row `after`, up to row `last`; none where there is nothing to ask."""

    state: str
    rows: int
    after: int
    last: int
    items: list[Question]
