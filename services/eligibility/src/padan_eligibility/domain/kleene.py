"""Three values: true, false, not known. What is not known counts only where it could change the result."""

from collections.abc import Iterable

Truth = bool | None


def every(values: Iterable[Truth]) -> Truth:
    """False where one is false, else not known where one is not known, else true."""
    result: Truth = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def some(values: Iterable[Truth]) -> Truth:
    """True where one is true, else not known where one is not known, else false."""
    return negated(every(negated(value) for value in values))


def negated(value: Truth) -> Truth:
    """The opposite; what is not known stays so."""
    return None if value is None else not value


def at_least(bound: int, found: int, unknown: int) -> Truth:
    """Whether `found` reaches `bound`, where `unknown` more may yet be found."""
    if found >= bound:
        return True
    return None if found + unknown >= bound else False
