"""The digest that makes one file the same batch however it was saved."""

import hashlib
from collections.abc import Iterable
from uuid import UUID, uuid5

from padan_registry_ingest import NAMESPACE

CELL_END = "\x1f"
ROW_END = "\x1e"


def batch_id_of(region: str, sheets: Iterable[tuple[str, Iterable[str]]]) -> UUID:
    """The id of the batch that these rows are, sent for this region (empty: the whole nation).

    `sheets` holds, by sheet name, texts whose concatenation is the canonical rows: the cells in the contract's order of
    columns, each trimmed and ended by `CELL_END`, each row by `ROW_END`; before it the names of the row's flags that
    are true (a number kept as a number, more cells than columns). Format, delimiter, order of columns and columns that
    the contract does not know leave no trace. The sender's region is part of it, because a row outside
    that region is not valid: another office's same file is another batch.
    """
    digest = hashlib.sha256(f"region:{region}{ROW_END}".encode())
    for name, rows in sheets:
        digest.update(f"sheet:{name}{ROW_END}".encode())
        for text in rows:
            digest.update(text.encode())
    return uuid5(NAMESPACE, digest.hexdigest())
