"""The access table as a page for people, generated so that it cannot say anything but what the code does."""

from padan_gateway.domain.access import Action, Field, Purpose, Right, Role, may, right

_WORDS = {Right.FULL: "yes", Right.PURPOSE: "with purpose", Right.MASKED: "masked", Right.HIDDEN: "-"}


def _table(head: str, columns: list[str], rows: list[tuple[str, list[str]]]) -> str:
    lines = [f"| {head} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows]
    return "\n".join(lines)


def page() -> str:
    """Markdown of the whole table."""
    fields = _table("role", [f.value for f in Field], [(r.value, [_WORDS[right(r, f)] for f in Field]) for r in Role])
    actions = _table(
        "role", [a.value for a in Action], [(r.value, ["yes" if may(r, a) else "-" for a in Action]) for r in Role]
    )
    return f"""# Who sees what

Generated from `padan_gateway.domain.access` by `python -m padan_gateway.access_table`; a test keeps them equal.
What is not granted is denied. Region comes on top: nobody reads outside the region in their token, and an id outside
of it answers like one that does not exist. Row-level security in the database enforces the region a second time.

## Fields

- **yes**: always. **masked**: always masked. **-**: never.
- **with purpose**: masked, until the request states a purpose in the header `Padan-Purpose`
  ({", ".join(purpose.value for purpose in Purpose)}). Each unmasked read is logged with who, role, region,
  purpose, whose data, which fields and when, in the transaction that reads.
- Masked: a NIK or family card number shows its last four digits, a name its initials, a birth date its year; what has
  no masked form is left out.
- `register` is what identifies nobody: ids, state, region down to the district, decile, number of members, dates of
  the case. A role without it gets no answer about people at all.
- `list_result` says of each person of a list that the caller sends whether the register of their region holds them,
  `list_details` whether another region's does (never which) and whether name or birth date differ; `decile_group` is
  1-4, 5 or 6-10. A check is logged as a read of all its rows. A list that tells of matches (`report_matches`) is
  answered the same question: it, too, takes a purpose and is logged.
- `objection` is who objected to a family, what they say and what was answered. Nobody who lives or works in the
  village sees it.
- `review` is which foreign register named which member of a family and when, and what was found of it. That there is a
  review, whose turn it is and until when, is told with the decisions.
- `payment` is what a family was listed for in a disbursement stage, and what came of it. A bank sees it of the lists
  that name it, and of nobody else.
- `photo` is a picture of the house, of people or of papers. Whoever may see it may also see which photos there are.
- `address` is street, RT, RW and village: village, birth month and sex together single most people out. So a list of
  one village, too, takes a role with this right and a stated purpose, unless the caller acts for that village alone.

{fields}

## Actions

{actions}
"""
