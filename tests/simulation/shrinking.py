"""The shortest run of a seed that still fails: the fewer steps of chaos, the shorter the trace to read."""

from simulation.town import Town, ViolationError

_TRIES = 40


def fails(seed: int, steps: int, without: frozenset[str]) -> bool:
    """Whether the oracle finds something."""
    try:
        Town(seed, without=without).run(steps)
    except ViolationError:
        return True
    return False


def shortest(seed: int, steps: int, without: frozenset[str]) -> int:
    """The fewest steps found by halving what is taken away; not every length fails, so this is a search, no proof."""
    cut, tries = steps // 2, 0
    while cut >= 3 and tries < _TRIES:
        tries += 1
        if steps - cut >= 3 and fails(seed, steps - cut, without):
            steps -= cut
        else:
            cut //= 2
    return steps
