"""The ledgers that a simulation tells are those that a round of the allocator makes."""

from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from padan_eligibility.domain.allocation import Candidate, Ledger, Quota, Round, Standing
from padan_eligibility.domain.ordering import NO_DECILE
from padan_eligibility.places.pending import Left, standing
from padan_eligibility.policies import packaged
from padan_eligibility.simulation.placing import LISTED, candidates, settle
from padan_events.eligibility import Outcome
from padan_events.places import OrderKey, Rank
from padan_events.states import State
from policies_given import UNHURRIED

PKH = next(policy for policy in packaged() if policy.programme == "pkh")
DAYS = [date(2026, 3, day) for day in (2, 3)]
FAMILIES = st.lists(
    st.fixed_dictionaries(
        {
            "regency": st.sampled_from(["3318", "3319"]),
            "state": st.sampled_from([State.DETERMINED, State.DETERMINED, State.VERIFIED, State.DEACTIVATED]),
            "outcome": st.sampled_from(
                [Outcome.ENTITLED, Outcome.ENTITLED, Outcome.UNDETERMINED, Outcome.NOT_ENTITLED]
            ),
            "decile": st.none() | st.integers(1, 3),
            "unmet": st.integers(-2, 0),
            "determined_on": st.sampled_from(DAYS),
            "left": st.sampled_from([False, False, False, True]),
            "listed": st.sampled_from([True, True, False]),
            "idr": st.integers(1, 9),
            "size": st.integers(1, 3),
        }
    ),
    max_size=14,
)
QUOTAS = st.fixed_dictionaries({"3318": st.integers(0, 6), "3319": st.integers(0, 6)})


@UNHURRIED
@given(FAMILIES, QUOTAS, QUOTAS)
def test_it_settles_places_as_a_round_does(
    families: list[dict[str, Any]], before: dict[str, int], after: dict[str, int]
) -> None:
    ledgers = {regency: Ledger("pkh", regency, places) for regency, places in before.items()}
    taken, there, listing = [], [], []
    for number, one in enumerate(families, 1):
        household_id = UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 128))
        own = (OrderKey("household_size", one["size"]), OrderKey("determined_on", one["determined_on"].toordinal()))
        rank = Rank(one["decile"] or NO_DECILE, one["unmet"], one["determined_on"], household_id, own)
        left = Left(one["left"], (), ())
        taken.append(
            Candidate(one["regency"], standing(one["state"], one["outcome"], PKH, left), rank, UUID(int=number))
        )
        if one["listed"]:
            listing.append(Candidate(one["regency"], Standing.ENTITLED, rank, UUID(int=number)))
        there.append({**one, "id": str(household_id), "household_id": number})
    Round(1, "pkh", ledgers, moves_along=True).run(listing, {})
    for one in there:
        ledger = ledgers[one["regency"]]
        one["held"] = UUID(one["id"]) in ledger.places if one["listed"] else None
    listed_before = {regency: (len(one.places), len(one.waiting)) for regency, one in ledgers.items()}

    rows = pl.DataFrame(
        [
            {
                "id": one["id"],
                "regency": one["regency"],
                "before.annual_idr": 1,
                "after.annual_idr": one["idr"] if one["outcome"] is Outcome.ENTITLED else None,
                "after.outcome": one["outcome"].value,
                "after.ready": one["outcome"] is Outcome.ENTITLED and one["state"] is PKH.place_needs,
                "after.order.0": one["size"],
                "after.order.1": None,
            }
            for one in there
        ],
        schema={
            "id": pl.String, "regency": pl.String, "before.annual_idr": pl.Int64, "after.annual_idr": pl.Int64,
            "after.outcome": pl.String, "after.ready": pl.Boolean, "after.order.0": pl.Int64,
            "after.order.1": pl.Int64,
        },
    )  # fmt: skip
    households = pl.DataFrame(
        [(one["household_id"], one["state"].value, one["decile"]) for one in there],
        schema={"household_id": pl.UInt32, "state": pl.String, "decile": pl.Int8},
        orient="row",
    )
    listed = pl.DataFrame([[one[name] for name in LISTED] for one in there], schema=LISTED, orient="row")
    told = settle(candidates(rows, households, listed), before, after)

    Round(2, "pkh", ledgers, moves_along=True).run(
        taken, {regency: Quota(places, UUID(int=0)) for regency, places in after.items()}
    )
    amounts = {one["id"]: one["idr"] if one["outcome"] is Outcome.ENTITLED else 0 for one in there}
    assert [one.regency for one in told] == sorted(after)
    for found in told:
        ledger = ledgers[found.regency]
        assert (found.quota_before, found.quota_after) == (before[found.regency], after[found.regency])
        assert (found.places_before, found.waiting_before) == listed_before[found.regency]
        assert (found.places_after, found.waiting_after) == (len(ledger.places), len(ledger.waiting))
        assert found.excess_after == max(0, -ledger.free)
        assert found.annual_idr_after == sum(amounts[str(household_id)] for household_id in ledger.places)


def test_a_regency_without_anybody_has_its_quota_and_no_places() -> None:
    nobody = candidates(
        pl.DataFrame(
            schema={
                "id": pl.String, "regency": pl.String, "before.annual_idr": pl.Int64, "after.annual_idr": pl.Int64,
                "after.outcome": pl.String, "after.ready": pl.Boolean,
            }
        ),
        pl.DataFrame(schema={"household_id": pl.UInt32, "state": pl.String, "decile": pl.Int8}),
        pl.DataFrame(schema=LISTED),
    )  # fmt: skip
    (told,) = settle(nobody, {}, {"3318": 7})
    assert (told.quota_before, told.quota_after, told.places_after, told.waiting_after) == (None, 7, 0, 0)
