"""What the pages tell to type works as it stands there."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from journeys import Stack
from padan_cli.platform.instance import project_root
from padan_cli.platform.pytest_plugin import own_platform

PAGES = project_root() / "docs"
WITHIN_S = 300


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Stack]:
    """A platform as a newcomer has it: what the pages do to it, such as opening rounds, is for them alone."""
    with own_platform("pages") as platform:
        platform.up()
        yield Stack(platform)


def blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE)


def typed(stack: Stack, folder: Path, *blocks: str) -> str:
    """What a shell prints that is given these blocks, one after the other, and stops at the first that fails."""
    platform = stack.platform
    run = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "\n".join([*blocks[:1], f"cd {folder}", *blocks[1:]])],
        cwd=project_root(),
        env={
            **os.environ,
            "GATEWAY": platform.url("gateway"),
            "CIVIL_REGISTRY": platform.url("civil-registry"),
            "PADAN_INSTANCE": platform.instance.folder.name,
            "TMPDIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr + run.stdout[-2_000:]
    return run.stdout


def test_a_newcomer_takes_a_family_through_its_life_by_the_page(newcomer: Stack, tmp_path: Path) -> None:
    kept = 'look "$OFFICE" "/v1/households/$ID" > end.json'
    said = typed(
        newcomer,
        tmp_path,
        *blocks("try-it.md"),
        kept,
        *blocks("places.md"),
        *blocks("periods.md"),
        *blocks("payments.md"),
        *blocks("reviews.md"),
        *blocks("life-events.md"),
    )
    assert '"code": "duplicate_in_register"' in said
    assert "accepted\naccepted\naccepted\naccepted\ndetermined\n" in said
    assert '"outcome": "unfounded"' in said
    assert re.search(r'"programme": "sembako".*?"status": "held"', said, re.DOTALL)
    assert re.search(r'"families": 1,\s+"amount_idr": 600000', said)
    assert '"code": "payment_step_not_allowed"' in said
    assert re.search(r"(1 +diterima / taken +\n.*?){2}", said, re.DOTALL), "the same file is answered the same"
    assert "2026-T1, Rp 600,000: paid into the account" in said
    family = json.loads((tmp_path / "end.json").read_text())
    (living,) = (member for member in family["members"] if member["alive"])
    assert (family["state"], family["head"], living["name"]) == ("determined", living["person_id"], "SARI CONTOH")


def test_the_examples_of_commands_photos_and_visits_work_one_after_the_other(newcomer: Stack, tmp_path: Path) -> None:
    begin = blocks("try-it.md")[:2]
    deliberated = (
        'echo "{\\"command\\": \\"deliberate\\", \\"cases\\": [{\\"household_id\\": \\"$ID\\"}], '
        '\\"held_on\\": \\"2026-03-01\\", \\"minutes_number\\": \\"1/2026\\"}" | give "$HEAD_OF_VILLAGE" | get accepted'
    )
    pages = [*blocks("commands.md"), *blocks("photos.md"), deliberated, *blocks("field-verification.md")]
    look = 'look "$OFFICE" "/v1/households/$ID" > end.json'
    typed(newcomer, tmp_path, *begin, *pages, look)
    assert (tmp_path / "photo.jpg").read_bytes().startswith(b"\xff\xd8")
    assert json.loads((tmp_path / "end.json").read_text())["state"] == "verified"
