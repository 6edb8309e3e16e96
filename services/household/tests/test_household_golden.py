"""Ids and bytes that may never change: whoever tries again, or rebuilds, must come to the same."""

from datetime import date
from uuid import UUID

import padan_events
from household_given import a_family
from padan_events.intake import Origin
from padan_household.domain import ids
from padan_household.domain.proposing import Proposal, propose
from padan_household.domain.stream import Cause, follow
from padan_household.store.mapper import HouseholdMapper

HOUSEHOLD = UUID("6ba7b810-9dad-5a2b-8a55-0f3c0a7b1a01")
BATCH = UUID("0f8fad5b-d9cb-569f-a165-70867728950e")
REPORT = UUID("7c9e6679-7425-50de-944b-e07fc1f90ae7")


def test_ids_stay_what_they_are() -> None:
    assert str(ids.person_id(HOUSEHOLD, 0)) == "541ff62e-bcb3-5cea-ae96-010503bdfef4"
    assert str(ids.event_id(HOUSEHOLD, 1)) == "727ca506-356a-52cd-afab-93fc4e4b1eba"
    assert str(ids.outcome_id(REPORT)) == "701beb94-daac-5c21-bc6f-6dc9d46fb990"


def test_the_stored_state_is_the_events_json_verbatim() -> None:
    family = a_family(1, [None])
    proposal = Proposal(
        household_id=HOUSEHOLD,
        regency="3318",
        origin=Origin(BATCH, 7),
        occurred_on=date(2026, 1, 5),
        reported=family,
        person_ids=(ids.person_id(HOUSEHOLD, 0),),
        nik_hashes=(None,),
    )
    facts = propose(proposal, lambda _, __, kind, *___: kind.encode())
    events = follow(None, HOUSEHOLD, facts, Cause("service:registry-ingest", BATCH, REPORT))
    mapper = HouseholdMapper()
    stored = [mapper.to_stored_event(event) for event in events]
    assert [(event.originator_version, event.topic, event.shard) for event in stored] == [
        (1, "id.padan.household.proposed.v1", 11),
        (2, "id.padan.household.identity_matched.v1", 11),
    ]
    assert [event.state for event in stored] == [
        (
            b'{"household_id":"6ba7b810-9dad-5a2b-8a55-0f3c0a7b1a01","regency":"3318","occurred_on":"2026-01-0'
            b'5","caretaker":"541ff62e-bcb3-5cea-ae96-010503bdfef4","identity":"aWRlbnRpdHk=","members":[{"per'
            b'son_id":"541ff62e-bcb3-5cea-ae96-010503bdfef4","membership_seq":1,"identity":"aWRlbnRpdHk=","sen'
            b'sitive":"c2Vuc2l0aXZl","birth_year":1980}],"origin":{"batch_id":"0f8fad5b-d9cb-569f-a165-7086772'
            b'8950e","row":7},"head":"541ff62e-bcb3-5cea-ae96-010503bdfef4"}'
        ),
        (
            b'{"household_id":"6ba7b810-9dad-5a2b-8a55-0f3c0a7b1a01","regency":"3318","person_id":"541ff62e-bc'
            b'b3-5cea-ae96-010503bdfef4","civil_status":"active","agreement":{"nik":true,"name":true},"matched'
            b'_at":"2026-01-05T03:04:05Z","request_id":"request-1"}'
        ),
    ]
    assert [padan_events.encode(event.data) for event in events] == [event.state for event in stored]
    assert [mapper.to_domain_event(event) for event in stored] == events
