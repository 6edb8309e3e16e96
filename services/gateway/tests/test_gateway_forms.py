"""Bodies of commands, read strictly: whatever comes is a command or a problem that says where the fault lies."""

import pytest
from gateway_world import World, code
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


@pytest.mark.parametrize("path", ["/v1/persons:lookup", "/v1/persons:like"])
def test_a_body_that_no_form_can_have_is_refused_before_it_is_held_in_memory(world: World, path: str) -> None:
    """From anybody: the framework reads a form before anyone has looked at the token."""
    pieces = (b"1" * 10_000 for _ in range(50))
    assert code(world.client.post(path, content=pieces)) == (413, "body_too_large")
    assert code(world.client.post(path, content=b"1" * 64_001)) == (413, "body_too_large")
    assert code(world.client.post(path, json={"nik": "1" * 16, "name": "A B", "birth_year": 1980}))[0] in {401, 422}
