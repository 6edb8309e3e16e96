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


_VISIT = '"visited_on":"2026-03-10"'
_CASE = '"household_id":"8226f50c-46f4-4a74-994a-a49c2b6be000"'
_UNREADABLE = [
    ("", "body (this is not JSON)", ()),
    ('{"command":"fly","a":', "body (this is not JSON)", ()),
    ("[1]", "body (an object {...} is expected)", ()),
    ('{"command":"approve","cases":[]}', "body.cases (at least 1)", ()),
    ('{"command":"approve","cases":[{"household_id":"Siti"}]}', "body.cases.0.household_id (a UUID is expected)", ()),
    ('{"command":"set_head",' + _CASE + "}", "body.person_id (it is missing)", ()),
    (
        '{"command":"set_head",' + _CASE + ',"person_id":' + _CASE[15:] + ',"Siti Contoh":1}',
        "body.? (there is no such field; there are: command, household_id, person_id)",
        ("command", "household_id", "person_id"),
    ),
    (
        '{"command":"withdraw_household",' + _CASE + ',"reason":"Siti"}',
        "body.reason (choose one of: family_request, recorded_in_error, not_repaired)",
        ("family_request", "recorded_in_error", "not_repaired"),
    ),
    (
        '{"command":"resolve_objection",' + _CASE + ',"objection_id":' + _CASE[15:] + "}",
        "body.outcome (it is missing; choose one of: upheld, dismissed)",
        ("upheld", "dismissed"),
    ),
    (
        '{"command":"assess_circumstances",' + _CASE + "," + _VISIT + ',"criteria_2022":{"no_shelter":"Siti"}}',
        "body.criteria_2022.* (choose one of: yes, no, unknown)",
        ("yes", "no", "unknown"),
    ),
    (
        '{"command":"assess_circumstances",' + _CASE + ',"visited_on":"10-03-2026"}',
        "body.visited_on (a date such as 2026-03-10)",
        (),
    ),
]


@pytest.mark.parametrize(("body", "told", "allowed"), _UNREADABLE, ids=range(len(_UNREADABLE)))
def test_a_body_that_does_not_fit_is_told_what_was_expected_where_and_never_what_came(
    body: str, told: str, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(Problem) as refused:
        forms.read(body.encode())
    document = refused.value.document()
    assert document["detail"] == f"This is not right: {told}."
    (field,) = document["fields"]
    assert field.get("allowed", ()) == allowed
    assert field["expected_id"] in document["detail_id"]
    assert "Siti" not in str(document)


def test_a_command_that_there_is_not_is_told_which_there_are() -> None:
    with pytest.raises(Problem) as refused:
        forms.read(b'{"command":"fly"}')
    (field,) = refused.value.document()["fields"]
    assert {"propose_household", "approve", "close_round"} <= set(field["allowed"])


@pytest.mark.parametrize("path", ["/v1/persons:lookup", "/v1/persons:like"])
def test_a_body_that_no_form_can_have_is_refused_before_it_is_held_in_memory(world: World, path: str) -> None:
    """From anybody: the framework reads a form before anyone has looked at the token."""
    pieces = (b"1" * 10_000 for _ in range(50))
    assert code(world.client.post(path, content=pieces)) == (413, "body_too_large")
    assert code(world.client.post(path, content=b"1" * 64_001)) == (413, "body_too_large")
    assert code(world.client.post(path, json={"nik": "1" * 16, "name": "A B", "birth_year": 1980}))[0] in {401, 422}
