"""No programme comes back to its own places: a document by which it would is refused, with its line and the circle."""

from datetime import UTC, date, datetime, timedelta

import pytest
from deciding_office import Office
from hypothesis import given
from hypothesis import strategies as st
from padan_eligibility.domain.circles import circle, still_to_come
from padan_eligibility.domain.drafts import Person
from padan_eligibility.domain.policy import Policy
from padan_eligibility.policies.circles import CircularDocumentError
from padan_eligibility.policies.reading import DocumentError, read_document
from padan_eligibility.programmes.drafting import Drafting
from padan_eligibility.programmes.problems import document_invalid

TODAY = datetime.now(UTC).date()
SARI, BUDI = Person("user:sari", "ministry", "ID"), Person("user:budi", "ministry", "ID")


def text(programme: str, *asks: str, version: str = "2026.1", begins: date = TODAY) -> str:
    excluded = "".join(f"      - {{criterion: holds_place, programme: {code}}}\n" for code in asks)
    group = f"  - criterion: none_of\n    criteria:\n{excluded}" if asks else ""
    return f"""programme: {programme}
version: "{version}"
effective_from: {begins}
name: {{id: Bantuan, en: Aid}}
owner: ministry
source: invented for this test
place_needs: determined
amount: {{reckoned: fixed, annual_idr: 1200000}}
criteria:
  - {{criterion: decile_at_most, bound: 4}}
{group}"""


def policy(programme: str, *asks: str) -> Policy:
    return read_document(text(programme, *asks))


@pytest.mark.parametrize(
    ("own", "others", "expected"),
    [
        (("aa",), [], ()),
        (("aa", "aa"), [], ("aa", "aa")),
        (("aa", "bb"), [("bb", "cc")], ()),
        (("aa", "bb"), [("bb", "aa")], ("aa", "bb", "aa")),
        (("aa", "bb", "cc"), [("bb", "dd"), ("dd", "bb"), ("cc", "dd", "aa")], ("aa", "cc", "aa")),
        (("aa",), [("bb", "aa")], ()),
        (("aa",), [("aa", "bb"), ("bb", "aa")], ()),  # what it takes the place of says nothing
        (("aa", "bb"), [("bb", "cc"), ("cc", "bb")], ()),  # somebody else's, and told to them
    ],
)
def test_the_shortest_circle_is_named(
    own: tuple[str, ...], others: list[tuple[str, ...]], expected: tuple[str, ...]
) -> None:
    assert circle(policy(*own), [policy(*one) for one in others]) == expected


CODES = ["aa", "bb", "cc", "dd"]


@given(st.lists(st.tuples(st.sampled_from(CODES), st.sets(st.sampled_from(CODES), max_size=3)), max_size=12))
def test_of_policies_that_were_taken_one_by_one_none_ever_comes_back_to_itself(
    sent: list[tuple[str, set[str]]],
) -> None:
    taken: dict[str, Policy] = {}
    for code, asks in sent:
        candidate = policy(code, *sorted(asks))
        if not circle(candidate, taken.values()):
            taken[code] = candidate
    asked = {code: {one for one in CODES if one in str(held.criteria)} for code, held in taken.items()}
    free = set(CODES) - asked.keys()
    while more := {code for code, asks in asked.items() if code not in free and asks <= free}:
        free |= more
    assert free == set(CODES), "they can be put in an order in which each asks for earlier ones only"


def test_what_no_longer_holds_and_what_does_not_hold_yet() -> None:
    old, now, later = (
        read_document(text("aa", version=f"2026.{number}", begins=TODAY + timedelta(days=days)))
        for number, days in ((1, -20), (2, -10), (3, 10))
    )
    assert still_to_come({"aa": [old, now, later]}, TODAY) == [now, later]
    assert still_to_come({"aa": [old, now, later]}, TODAY - timedelta(days=15)) == [old, now, later]


def published(drafting: Drafting, document: str) -> None:
    read = read_document(document)
    digest = drafting.draft(SARI, read, TODAY, document)["digest"]
    drafting.review(BUDI, read.programme, read.version, digest)
    drafting.publish(BUDI, read.programme, read.version, TODAY)


async def test_it_is_refused_when_it_is_drafted_and_when_it_is_published(office: Office) -> None:
    drafting = Drafting(office.database)
    own = text("alpha", "alpha")
    with pytest.raises(CircularDocumentError) as refused:
        drafting.draft(SARI, read_document(own), TODAY, own)
    assert (refused.value.line, refused.value.circle) == (13, ("alpha", "alpha"))
    waiting = text("beta", "alpha")
    with pytest.raises(DocumentError) as unknown:
        drafting.draft(SARI, read_document(waiting), TODAY, waiting)
    problem = document_invalid(unknown.value).document()
    assert (problem["code"], problem["line"]) == ("policy_invalid", 13)
    assert "program alpha tidak dikenal" in problem["detail_id"]
    assert {"pkh", "sembako"} < set(problem["allowed"])
    begun = text("alpha", version="2026.0")
    drafting.draft(SARI, read_document(begun), TODAY, begun)
    digest = drafting.draft(SARI, read_document(waiting), TODAY, waiting)["digest"]
    drafting.review(BUDI, "beta", "2026.1", digest)
    published(drafting, text("alpha", "beta"))
    with pytest.raises(CircularDocumentError) as refused:
        drafting.publish(BUDI, "beta", "2026.1", TODAY)
    problem = document_invalid(refused.value).document()
    assert (problem["code"], problem["circle"], problem["line"]) == ("policy_circular", ["beta", "alpha", "beta"], 1)
    assert "beta > alpha > beta" in problem["detail_id"]
    again = waiting.replace("2026.1", "2026.2")
    with pytest.raises(CircularDocumentError):
        drafting.draft(SARI, read_document(again), TODAY, again)
    published(drafting, text("alpha", version="2026.2"))
    drafting.publish(BUDI, "beta", "2026.1", TODAY)
