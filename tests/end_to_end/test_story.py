"""The life of a family, told through the public door: every step comes out as the story has it."""

import io

from journeys import Stack
from oracle import check_everything, come_to_rest
from padan_cli.story.chapters import tell
from padan_cli.story.teller import Teller
from rich.console import Console


def test_a_family_lives_its_life_through_the_public_door(stack: Stack) -> None:
    said = io.StringIO()
    tell(Teller(Console(file=said, width=160, force_terminal=False), stack.platform), stack.platform)
    text = said.getvalue()
    assert "nonaktif" in text
    assert "meninggal" in text
    come_to_rest(stack.platform)
    check_everything(stack.platform)
