"""A document by which a programme would depend on itself is refused, with its line and the circle named."""

from collections.abc import Iterable

from padan_eligibility.domain.circles import circle, where
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
