"""Bodies of commands, read strictly: whatever comes is a command or a problem that says where the fault lies."""

import pytest
from padan_gateway.commands import forms
from padan_runtime.problems import Problem

_FAMILY = b'"household":{"village":"3318042007","members":[{"name":"A B"}]}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"command":"propose_household",' + _FAMILY + b',"more":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"command":"propose_household",' + _FAMILY + b',"more":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"more":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"command":"propose_household","household":' + b"[" * 100_000,
    ],
    ids=["arrays", "objects", "in the body", "unended"],
)
def test_a_body_nested_too_deeply_is_refused_as_any_other_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        forms.read(body)
    assert (refused.value.status, refused.value.code) == (422, "request_invalid")
