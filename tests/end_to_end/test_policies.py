"""Two people publish a policy through the one door, as `padan policy` does it."""

from pathlib import Path

import pytest
from journeys import Stack
from padan_cli.platform import PlatformError
from padan_cli.policy import policies
from typer.testing import CliRunner, Result

DOCUMENT = """programme: tried_in_pati
version: "2099.1"
effective_from: 2099-01-01
name: {id: Percobaan Pati, en: A trial of Pati}
owner: "3318"
source: invented for this test
place_needs: determined
criteria:
  - {criterion: region_in, regions: ["3318"]}
  - {criterion: decile_at_most, bound: 2}
amount: {reckoned: fixed, annual_idr: 1200000}
"""
VERSION = ("tried_in_pati", "2099.1")


def test_a_policy_is_drafted_reviewed_and_published_by_two_people(stack: Stack, tmp_path: Path) -> None:
    def policy(command: str, *arguments: str, subject: str | None = None) -> Result:
        who = [] if subject is None else ["--subject", subject, "--region", "3318"]
        instance = stack.platform.instance.folder.name
        return CliRunner().invoke(policies, [command, *arguments, *who, "--instance", instance])

    def refused(result: Result) -> str:
        assert isinstance(result.exception, PlatformError)
        assert result.exception.indonesian
        assert result.exception.english
        return result.exception.code

    file = tmp_path / "tried.yaml"
    file.write_text(DOCUMENT)
    drafted = policy("draft", str(file), subject="sari")
    assert drafted.exit_code == 0, drafted.output
    assert "orang lain memeriksanya" in drafted.stdout
    with stack.http("programme_owner", "3318") as http:
        kept = http.get("/v1/policies/{}/{}".format(*VERSION)).json()
    assert (kept["state"], kept["drafted_by"]) == ("drafted", "user:sari")
    assert kept["digest"] in policy("show", *VERSION).stdout
    assert refused(policy("review", *VERSION, kept["digest"], subject="sari")) == "second_person_needed"
    assert refused(policy("publish", *VERSION, subject="budi")) == "policy_not_reviewed"
    assert "dapat diterbitkan" in policy("review", *VERSION, kept["digest"], subject="budi").stdout
    assert refused(policy("publish", *VERSION, subject="sari")) == "second_person_needed"
    assert "published" in policy("publish", *VERSION, subject="budi").stdout
    rows = [line.split()[:4] for line in policy("list").stdout.splitlines()]
    assert [*VERSION, "published", "2099-01-01"] in rows
    assert ["pkh", "2025.1", "published", "2025-01-01"] in rows


@pytest.mark.parametrize(
    ("role", "region", "status", "code"),
    [
        ("programme_owner", "3318", 422, "policy_invalid"),
        ("ministry", "ID", 422, "policy_invalid"),
        ("social_office", "3318", 403, "role_forbidden"),
        ("citizen", "3318", 403, "role_forbidden"),
    ],
)
def test_who_may_draft_is_told_what_is_wrong_with_a_document(
    stack: Stack, role: str, region: str, status: int, code: str
) -> None:
    with stack.http(role, region) as http:
        answer = http.post("/v1/policies", content=DOCUMENT.replace("bound: 2", "bound: none").encode())
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        if code == "policy_invalid":
            problem = answer.json()
            assert (problem["line"], problem["allowed"]) == (10, ["1 ... 10"])
            assert "harus `int`" in problem["detail_id"]
            assert "must be `int`" in problem["detail"]
        too_long = http.post("/v1/policies", content=b"#" * 100_000)
        assert (too_long.status_code, too_long.json()["code"]) == (413, "body_too_large")
    with stack.http("programme_owner", "3319") as http:
        elsewhere = http.post("/v1/policies", content=DOCUMENT.replace("2099.1", "2099.2").encode())
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "policy_not_yours")
