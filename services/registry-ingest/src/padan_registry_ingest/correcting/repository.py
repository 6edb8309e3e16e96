"""All SQL of corrections."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from padan_registry_ingest.correcting.fingerprints import Fingerprint
from padan_registry_ingest.correcting.pairing import Compared, Earlier

_IN_REGISTER = "('accepted', 'matched')"


def begin(connection: Connection[Any], upload_id: UUID) -> None:
    """Forget an earlier comparison of this file that did not come to its end."""
    connection.execute("DELETE FROM corrected_row WHERE upload_id = %s", [upload_id])
    connection.execute("DELETE FROM correction_row WHERE upload_id = %s", [upload_id])


def households(connection: Connection[Any], upload_id: UUID, first: int, last: int) -> dict[int, UUID]:
    """By row, where those rows of a file are in the register that came into it, or were in it."""
    rows = connection.execute(
        f"SELECT row, household_id FROM batch_row WHERE upload_id = %s AND row BETWEEN %s AND %s "  # noqa: S608  # a constant
        f"AND outcome IN {_IN_REGISTER} AND household_id IS NOT NULL",
        [upload_id, first, last],
    ).fetchall()
    return dict(rows)


def keep(
    connection: Connection[Any], upload_id: UUID, rows: Iterable[Fingerprint], registered: dict[int, UUID]
) -> None:
    """Keep rows of the file before, for the corrected file `upload_id`."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY corrected_row (upload_id, row, nik_hash, card_hash, person_hash, digest, household_id) FROM STDIN"
        ) as copy,
    ):
        for one in rows:
            copy.write_row((upload_id, one.row, one.nik, one.card, one.person, one.digest, registered.get(one.row)))


def candidates(connection: Connection[Any], upload_id: UUID, rows: Sequence[Fingerprint]) -> list[Earlier]:
    """The rows of the file before that share a NIK, a card, or name and birth date with any of `rows`."""
    found = connection.execute(
        "SELECT row, nik_hash, card_hash, person_hash, digest, household_id, found FROM corrected_row "
        "WHERE upload_id = %(id)s AND (nik_hash = ANY(%(niks)b) OR card_hash = ANY(%(cards)b) "
        "OR person_hash = ANY(%(persons)b)) ORDER BY row",
        {
            "id": upload_id,
            "niks": [one.nik for one in rows if one.nik is not None],
            "cards": [one.card for one in rows if one.card is not None],
            "persons": [one.person for one in rows if one.person is not None],
        },
        binary=True,
    ).fetchall()
    return [Earlier(*row) for row in found]


def note(
    connection: Connection[Any], upload_id: UUID, compared: Sequence[Compared], earlier: Sequence[Earlier]
) -> None:
    """Keep what is said of rows of the corrected file, and which rows of the file before they are."""
    connection.execute(
        "UPDATE corrected_row SET found = true WHERE upload_id = %(id)s AND row = ANY(%(rows)b)",
        {"id": upload_id, "rows": [one.row for one in earlier if one.found]},
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY correction_row (upload_id, row, correction, household_id) FROM STDIN") as copy,
    ):
        for one in compared:
            copy.write_row((upload_id, one.row, one.correction, one.household_id))


def end(connection: Connection[Any], upload_id: UUID) -> None:
    """Count what the corrected file leaves out; its comparison is done."""
    row = connection.execute(
        "SELECT count(*), count(household_id) FROM corrected_row WHERE upload_id = %s AND NOT found", [upload_id]
    ).fetchone()
    assert row is not None
    connection.execute(
        "UPDATE upload SET removed = %(removed)s WHERE upload_id = %(id)s",
        {"id": upload_id, "removed": Jsonb({"rows": row[0], "registered": row[1]})},
    )
    connection.execute("DELETE FROM corrected_row WHERE upload_id = %s", [upload_id])


def said(connection: Connection[Any], upload_id: UUID, first: int, last: int) -> dict[int, Compared]:
    """By row, what the comparison says."""
    rows = connection.execute(
        "SELECT row, correction, household_id FROM correction_row WHERE upload_id = %s AND row BETWEEN %s AND %s",
        [upload_id, first, last],
    ).fetchall()
    return {row[0]: Compared(*row) for row in rows}


def registered(connection: Connection[Any], upload_id: UUID, first: int, last: int) -> list[int]:
    """The rows of a corrected file that are in the register; none of any other file."""
    rows = connection.execute(
        "SELECT row FROM correction_row WHERE upload_id = %s AND row BETWEEN %s AND %s AND household_id IS NOT NULL",
        [upload_id, first, last],
    ).fetchall()
    return [row for (row,) in rows]


def forget(connection: Connection[Any], upload_id: UUID) -> None:
    """Remove what the comparison said, once every row carries it."""
    connection.execute("DELETE FROM correction_row WHERE upload_id = %s", [upload_id])
