"""A command sent again after an upgrade has the digest that it had: what is left at its default, to which a later
version may add more, does not stand in it."""

from typing import get_args

import msgspec
import pytest
from padan_events.commands import Command


@pytest.mark.parametrize("command", get_args(Command))
def test_what_is_left_at_its_default_does_not_stand_in_a_command(command: type[msgspec.Struct]) -> None:
    assert command.__struct_config__.omit_defaults
