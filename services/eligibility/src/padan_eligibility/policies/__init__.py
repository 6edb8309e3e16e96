"""The policies that come with this version, as data, each with its source."""

from collections.abc import Sequence
from importlib.resources import files

from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.policies.reading import read_document


def packaged() -> Sequence[Policy]:
    """The policies in this folder, by file name. Raises `PolicyError`, naming the file."""
    policies = []
    for file in sorted(files(__name__).iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".yaml"):
            continue
        try:
            policies.append(read_document(file.read_text(encoding="utf-8")))
        except PolicyError as error:
            raise PolicyError(f"{file.name}:{error}") from error
    return policies
