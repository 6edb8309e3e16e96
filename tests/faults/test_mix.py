"""The mix of `make faults` holds every command; where nothing is broken each comes out as it is told."""

from random import Random

import httpx
import pytest
from journeys import Stack
from oracle import check_everything, come_to_rest, wait_until
from padan_gateway.regions import villages_of

from faults import acknowledged, fates
from faults.asking import Asking, Tries
from faults.cases import COMMANDS, Cases
from faults.deaths import DOORS, feed_is_read
from faults.families import registered
from faults.fates import FATES

NUMBER = 247
"""Of a round that no campaign has whose people are others'."""


def test_the_mix_holds_every_command_and_every_door_of_a_death() -> None:
    turns = [turn for fate in FATES.values() for turn in fate.turns if turn is not None]
    accepted = {turn.command for turn in turns if not turn.code} - {""}
    assert accepted == COMMANDS
    assert {turn.door for turn in turns} - {""} == set(DOORS)


def test_a_seed_draws_the_same_families_and_leaves_no_fate_out() -> None:
    one, two = (
        [[family.fate for family in fates.draw("test", 1, ("a", "b"), Random(f"7:{number}"))] for number in range(50)]
        for _ in range(2)
    )
    assert one == two
    assert {fate for drawn in one for fate in drawn} == set(FATES)
    assert all(len(set(drawn)) == len(drawn) for drawn in one)


def test_every_fate_comes_out_as_it_is_told_and_what_does_not_is_missed(stack: Stack) -> None:
    platform, (village, near, *_) = stack.platform, villages_of("331806")
    cases = Cases("mix", fates.families("mix", NUMBER, (village, near), fates.ALONE))
    people = registered(cases.families[1:])
    answer = httpx.post(f"{platform.url('civil-registry')}/simulator/people", content=people, timeout=60)
    answer.raise_for_status()
    asking = Asking(platform, "mix", Tries())
    cases.send(asking)
    wait_until(lambda: feed_is_read(platform), "the civil registry's feed is read")
    come_to_rest(platform)
    cases.check(asking)
    assert {given.turn.command for given in cases.given} == COMMANDS
    check_everything(platform)

    by_fate = {family.fate: family for family in cases.families}

    def missed(fate: str, words: str) -> None:
        with pytest.raises(AssertionError, match=words):
            acknowledged.check(platform, "mix", [by_fate[fate]])

    by_fate["moved"].events.pop()
    missed("moved", "its stream holds")
    by_fate["grown"].told.append((*by_fate["grown"].told[0][:2], 1 << 40))
    missed("grown", "not where it was told")
    for fate, view in (
        ("determined", "state"),
        ("answered for", "answer"),
        ("objected to", "objection"),
        ("staying", "move"),
        ("visited", "photos"),
        ("resigned", "programme"),
        ("dead by the feed", "living"),
        (fates.VILLAGE, "round"),
    ):
        del by_fate[fate].shown[view]
        missed(fate, f"{view} in gateway shows")
