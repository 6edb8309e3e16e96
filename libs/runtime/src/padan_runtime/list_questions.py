"""What registry-ingest asks the gateway about the people of a list: the answer of GET /list-checks/{id}/questions."""

import msgspec


class Question(msgspec.Struct, frozen=True):
    """One person to be looked for in the views. `known`: the register holds them somewhere; `dead`: it has them as
    dead, in a household that is not active any more."""

    row: int
    nik_hash: bytes
    name: str
    birth_date: str
    known: bool
    dead: bool = False


class Questions(msgspec.Struct, frozen=True):
    """The next of a list's `rows` rows, behind row `after`, up to row `last`; none where there is nothing to ask."""

    state: str
    rows: int
    after: int
    last: int
    items: list[Question]
