"""A document that asks for places in a programme that nobody knows, or by which a programme would depend on itself, is
refused, with its line."""

from collections.abc import Collection, Iterable

from padan_eligibility.domain.circles import circle, where
from padan_eligibility.domain.own_events import places_asked
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_conditions import Text
from padan_eligibility.policies.reading import DocumentError, place_of


class CircularDocumentError(DocumentError):
    """It asks for a place that depends on the place it decides about. `circle` are the programmes, from its own to its
    own."""

    def __init__(self, line: int, column: int, chain: tuple[str, ...]) -> None:
        self.circle = chain
        told = " > ".join(chain)
        fault = Text(
            f"program ini akan bergantung pada dirinya sendiri: {told}",
            f"the programme would depend on itself: {told}",
        )
        super().__init__(line, column, fault)


def check_circle(text: str, policy: Policy, others: Iterable[Policy]) -> None:
    """Raises `CircularDocumentError`. `text` is the document that `policy` was read from, `others` the policies that
    are in force or will be."""
    chain = circle(policy, others)
    if chain:
        raise CircularDocumentError(*place_of(text, where(policy, chain[1])), chain)


def check_known(text: str, policy: Policy, known: Collection[str]) -> None:
    """Raises `DocumentError` where a place is asked for in a programme that is not `known`: a misspelled one would
    exclude nobody, without a word."""
    for programme in sorted(places_asked(policy) - {*known, policy.programme}):
        fault = Text(f"program {programme} tidak dikenal", f"there is no programme {programme}")
        raise DocumentError(*place_of(text, where(policy, programme)), fault, tuple(sorted(known)))
