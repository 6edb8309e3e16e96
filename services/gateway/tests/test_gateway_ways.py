"""More ways to send, at the door: the tus protocol, cancelling, and what a role learns of a list."""

import resource
from collections.abc import Iterator
from datetime import date

import httpx
import msgspec
import pytest
from gateway_world import UPLOAD_ID, World, code
from hypothesis import given
from hypothesis import strategies as st
from padan_gateway.domain.access import Field, Purpose, Role
from padan_gateway.domain.list_matching import SHOWN, Registered, decile_group, result, shown_to

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


def begin(world: World, length: str = "100", role: str = "social_office", **headers: str) -> httpx.Response:
    return world.client.post(
        "/v1/uploads", headers=world.signer.headers(role) | TUS | {"Upload-Length": length} | headers
    )


def test_tus_says_what_it_can_do(world: World) -> None:
    said = world.client.options("/v1/uploads")
    assert (said.status_code, said.headers["tus-version"]) == (204, "1.0.0")
    assert said.headers["tus-extension"] == "creation,termination,expiration"


def test_a_file_begins_goes_on_and_ends_as_tus_has_it(world: World) -> None:
    begun = begin(world)
    location = begun.headers["location"]
    assert (begun.status_code, location) == (201, f"/v1/uploads/{UPLOAD_ID}")
    assert begun.headers["tus-resumable"] == "1.0.0"
    assert begun.headers["upload-expires"] == "Fri, 16 Jan 2026 03:00:00 GMT"
    assert (world.ingest.headers["padan-actor"], world.ingest.headers["padan-region"]) == ("user:tester", "3318")
    signed = world.signer.headers()

    piece = world.client.patch(location, content=b"x" * 40, headers=signed | PIECE | {"Upload-Offset": "0"})
    assert (piece.status_code, piece.content, piece.headers["upload-offset"]) == (204, b"", "40")
    wrong = world.client.patch(location, content=b"x", headers=signed | PIECE | {"Upload-Offset": "0"})
    assert code(wrong) == (409, "upload_offset_wrong")
    assert wrong.headers["upload-offset"] == "40"
    stands = world.client.head(location, headers=signed | TUS)
    assert (stands.status_code, stands.headers["upload-offset"], stands.headers["upload-length"]) == (200, "40", "100")
    assert stands.headers["cache-control"] == "no-store"
    assert world.get(location).json()["offset"] == 40
    assert world.client.delete(location, headers=signed | TUS).status_code == 204


def test_another_version_another_content_and_another_role_are_refused(world: World) -> None:
    location = begin(world).headers["location"]
    signed = world.signer.headers()
    old = begin(world, **{"Tus-Resumable": "0.2.2"})
    assert code(old) == (412, "tus_version")
    assert old.headers["tus-version"] == "1.0.0"
    plain = world.client.patch(location, content=b"x", headers=signed | TUS | {"Upload-Offset": "0"})
    assert code(plain) == (415, "piece_type")
    for role in ("village_operator", "agency", "auditor"):
        refused = begin(world, role=role)
        assert code(refused) == (403, "role_forbidden")
        assert refused.headers.get_list("tus-resumable") == ["1.0.0"]
    unsigned = world.client.head(location, headers=TUS)
    assert (unsigned.status_code, unsigned.headers.get_list("tus-resumable")) == (401, ["1.0.0"])
    for answer in (old, plain, world.get(location), world.get("/v1/uploads/no-id")):
        assert answer.headers.get_list("tus-resumable") == ["1.0.0"], "every answer names the version, once"
    assert "tus-resumable" not in world.get("/v1/uploadsome").headers


def test_a_piece_is_never_whole_in_memory(world: World) -> None:
    location, megabyte = begin(world, str(96 << 20)).headers["location"], bytes(1 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def stream() -> Iterator[bytes]:
        for _ in range(96):
            yield megabyte

    headers = world.signer.headers() | PIECE | {"Upload-Offset": "0"}
    assert world.client.patch(location, content=stream(), headers=headers).status_code == 204
    assert world.ingest.received == 96 << 20
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 48, "client, gateway and its peer share this process: a buffer of the piece would show"


def test_only_a_sender_of_the_region_cancels_a_batch(world: World) -> None:
    headers = {**world.signer.headers(), "content-type": "multipart/form-data; boundary=xyz"}
    sent = world.client.post("/v1/batches", content=b"NIK\n", headers=headers).headers["location"]

    def cancel(role: str = "social_office", region: str = "3318") -> httpx.Response:
        return world.client.post(f"{sent}/cancel", headers=world.signer.headers(role, region))

    assert (cancel().status_code, cancel().json()["state"]) == (202, "cancelling")
    assert code(cancel(region="3319")) == (404, "batch_not_found")
    assert code(cancel(role="auditor")) == (403, "role_forbidden")


def test_a_list_needs_a_role_and_a_purpose_and_is_seen_in_its_region_only(world: World) -> None:
    def send(role: str, purpose: str | None) -> httpx.Response:
        headers = world.signer.headers(role, purpose=purpose)
        return world.client.post("/v1/list-checks", files={"file": b"NIK\n1\n"}, headers=headers)

    assert code(send("village_operator", "verification")) == (403, "role_forbidden")
    assert code(send("agency", None)) == (403, "purpose_missing")
    assert code(world.get(f"/v1/list-checks/{UPLOAD_ID}", role="agency")) == (404, "check_not_found")
    assert code(world.get(f"/v1/list-checks/{UPLOAD_ID}/rows.csv", role="agency")) == (403, "purpose_missing")
    assert world.access_log() == []


def send_list(world: World, role: str, subject: str) -> str:
    token = world.signer.token(role=role, sub=subject)
    headers = {"Authorization": f"Bearer {token}", "Padan-Purpose": "verification"}
    sent = world.client.post("/v1/list-checks", files={"file": b"NIK\n1\n"}, headers=headers)
    assert sent.status_code == 202, sent.text
    return str(sent.headers["location"])


def test_an_agency_sees_its_own_lists_only(world: World) -> None:
    for location in (send_list(world, "social_office", "clerk"), send_list(world, "agency", "another")):
        for path in (location, f"{location}/rows.csv", f"{location}/result.xlsx"):
            assert code(world.get(path, role="agency", purpose="verification")) == (404, "check_not_found")
    assert world.access_log() == []
    own = send_list(world, "agency", "tester")
    assert world.get(own, role="agency").status_code == 200
    assert world.get(f"{own}/rows.csv", role="agency", purpose="verification").status_code == 200
    (entry,) = world.access_log()
    assert (entry[0], entry[7]) == ("tester", ["decile_group", "list_result"])


def test_a_list_shows_what_both_its_sender_and_its_reader_may_see_and_the_log_says_so(world: World) -> None:
    of_agency, of_office = send_list(world, "agency", "opd"), send_list(world, "social_office", "clerk")
    for location in (of_agency, of_office):
        assert world.get(location).status_code == 200
        assert world.get(f"{location}/rows.csv", purpose="audit").status_code == 200
    less, all_of_it = "decile_group,status", "decile_group,differences,status"
    # Sent, sent; then of each its numbers, the state before its rows, and its rows.
    assert world.ingest.shows[1:] == [less, all_of_it, *[less] * 3, *[all_of_it] * 3]
    sent = {"birth_date", "name", "nik"}
    assert [set(entry[7]) for entry in world.access_log()] == [
        sent | {"decile_group", "list_result"},
        sent | {"decile_group", "list_details", "list_result"},
    ]


def test_rows_of_a_list_are_never_given_before_their_read_is_logged(world: World) -> None:
    location = send_list(world, "social_office", "tester")
    world.ingest.list_state = "checking"  # and done by the time somebody asks for the rows
    early = world.get(f"{location}/rows.csv", purpose="verification")
    assert code(early) == (409, "report_not_ready")
    assert world.access_log() == []
    world.ingest.list_state = "done"
    assert world.get(f"{location}/rows.csv", purpose="verification").status_code == 200
    assert len(world.access_log()) == 1


PERSON = Registered("Siti Nur'aini", date(1980, 5, 17), 3)
ALL = frozenset(SHOWN)


@pytest.mark.parametrize(
    ("name", "born", "differs"),
    [
        ("SITI NURAINI", "17-05-1980", []),
        ("nuraini  siti", "17/05/1980", []),
        ("", "", []),
        ("SITI AMINAH", "17-05-1980", ["name_differs"]),
        ("SITI NURAINI", "18-05-1980", ["birth_date_differs"]),
        ("SITI", "tidak tahu", ["name_differs", "birth_date_differs"]),
    ],
)
def test_what_differs_from_the_register_is_said(name: str, born: str, differs: list[str]) -> None:
    found = result(1, name, born, person=PERSON, elsewhere=True, shown=ALL)
    assert (found.result, found.differs, found.decile_group) == ("registered", differs, "1-4")


@given(st.sampled_from(Role), st.none() | st.sampled_from(Purpose), st.booleans(), st.booleans(), st.booleans())
def test_a_role_learns_of_a_list_only_what_the_table_gives_it(
    role: Role, purpose: Purpose | None, here: bool, elsewhere: bool, dead: bool
) -> None:
    shown = shown_to(role, purpose)
    assert not shown or purpose is not None
    person = PERSON if here else None
    found = result(1, "ORANG LAIN", "01-01-1901", person=person, elsewhere=elsewhere, dead=dead, shown=shown)
    if Field.LIST_DETAILS not in shown:
        assert found.differs == []
        assert found.result == ("registered" if here else "not_registered")
    if Field.DECILE_GROUP not in shown:
        assert found.decile_group is None


def test_an_agency_learns_yes_or_no_and_the_group() -> None:
    assert shown_to(Role.AGENCY, Purpose.VERIFICATION) == {Field.LIST_RESULT, Field.DECILE_GROUP}
    assert [decile_group(n) for n in (None, 1, 4, 5, 6, 10)] == [None, "1-4", "1-4", "5", "6-10", "6-10"]


def test_who_has_died_is_told_to_whoever_sees_details_and_to_nobody_else() -> None:
    dead = msgspec.structs.replace(PERSON, dead=True)
    assert result(1, "", "", person=dead, elsewhere=False, shown=ALL).result == "deceased"
    assert result(1, "", "", person=None, elsewhere=False, dead=True, shown=ALL).result == "recorded_dead"
    agency = result(1, "", "", person=dead, elsewhere=False, shown={Field.LIST_RESULT, Field.DECILE_GROUP})
    assert (agency.result, agency.decile_group) == ("not_registered", None)
