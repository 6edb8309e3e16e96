"""Photos through the service: sealed, found again, compared with those of other households, never half kept."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from ingest_process import Ingest, wait_for
from padan_events.evidence import PhotoKind
from padan_registry_ingest.domain.photos import MOST_DISTANCE, MOST_RECENT
from padan_registry_ingest.photos import repository
from padan_registry_ingest.photos.storage import PhotoStore
from padan_runtime.problems import Unavailable
from padan_runtime.sealing import SealError, open_bytes
from photos_given import POSITION, TAKEN, encoded, photo, scene


def a_household(ingest: Ingest) -> UUID:
    """A household that the keyring knows."""
    household = uuid4()
    ingest.peer.keys[household] = {household: os.urandom(32)}
    return household


def attach(
    ingest: Ingest, household: UUID, content: bytes, kind: str = "house_front", *, type: str = "image/jpeg"
) -> httpx.Response:
    headers = ingest.headers() | {"Content-Type": type}
    return ingest.http.post(f"/households/{household}/photos?kind={kind}", content=content, headers=headers)


def attached(ingest: Ingest, household: UUID, content: bytes, kind: str = "house_front") -> dict[str, Any]:
    answer = attach(ingest, household, content, kind)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def listed(ingest: Ingest, household: UUID) -> list[dict[str, Any]]:
    return list(ingest.get(f"/households/{household}/photos").json()["photos"])


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def kept(ingest: Ingest) -> list[Path]:
    return [path for path in (Path(ingest.environment["PADAN_FOLDER"]) / "photos").rglob("*") if path.is_file()]


def flags(ingest: Ingest, household: UUID) -> list[bool]:
    return [each["flagged"] for each in listed(ingest, household)]


def test_a_photo_is_kept_sealed_given_back_and_told_to_whoever_decides(ingest: Ingest) -> None:
    household, sent = a_household(ingest), photo(1)
    answer = attached(ingest, household, sent)
    assert (answer["kind"], answer["flagged"]) == ("house_front", False)
    assert (answer["width"], answer["height"]) == (1600, 1200)
    given = ingest.get(f"/households/{household}/photos/{answer['photo_id']}")
    assert (given.status_code, given.headers["content-type"]) == (200, "image/jpeg")
    assert given.headers["cache-control"] == "no-store"
    assert len(given.content) == answer["bytes"]

    (path,) = kept(ingest)
    assert path.name == answer["photo_id"]
    sealed, key = path.read_bytes(), ingest.peer.keys[household][household]
    assert key is not None
    assert b"JFIF" not in sealed
    photo_id = UUID(answer["photo_id"])
    assert open_bytes(key, sealed, household.bytes + photo_id.bytes + b"photo") == given.content
    with pytest.raises(SealError):
        open_bytes(key, sealed, uuid4().bytes + photo_id.bytes + b"photo")

    with ingest.database.transaction() as connection:
        facts = repository.of(connection, household, [photo_id, uuid4()], key)
        assert repository.of(connection, uuid4(), [photo_id], key) == {}
        (row,) = connection.execute("SELECT p::text FROM photo p").fetchone() or ("",)
    assert facts.keys() == {photo_id}
    found = facts[photo_id]
    assert (found.kind, found.similar, found.details.taken_at) == (PhotoKind.HOUSE_FRONT, (), TAKEN)
    assert found.details.position is not None
    assert found.details.position.latitude == POSITION["latitude"]
    assert not any(clear in row for clear in ("-6.75", "111.03", "2026-03-14", "2026:03:14"))
    assert list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir()) == []


def test_the_same_photo_of_the_same_household_is_one_photo(ingest: Ingest) -> None:
    household, sent = a_household(ingest), photo(2)
    first = attached(ingest, household, sent)
    assert attached(ingest, household, sent) == first
    form = ingest.http.post(
        f"/households/{household}/photos?kind=house_front",
        files={"photo": ("SITI AMINAH.jpg", sent, "application/octet-stream")},
        headers=ingest.headers(),
    )
    assert form.json() == first
    inside = attached(ingest, household, sent, "house_inside")
    assert inside["photo_id"] != first["photo_id"]
    assert [each["photo_id"] for each in listed(ingest, household)] == [first["photo_id"], inside["photo_id"]]
    assert len(kept(ingest)) == 2
    assert flags(ingest, household) == [False, False], "one's own photo is no other household's"


def test_a_household_has_so_many_photos_and_no_more_within_thirty_days(ingest: Ingest) -> None:
    household, last = a_household(ingest), photo(3)
    attached(ingest, household, last)
    with psycopg.connect(ingest.environment["PADAN_DATABASE_URL"]) as connection:

        def copies(count: int, age: str) -> None:
            connection.execute(
                "INSERT INTO photo SELECT gen_random_uuid(), household_id, kind, sha256, perceptual, compared, "
                "size_bytes, width, height, details, uploaded_by, now() - %s::interval FROM photo, "
                "generate_series(1, %s) WHERE photo_id = (SELECT photo_id FROM photo WHERE household_id = %s LIMIT 1)",
                [age, count, household],
            )
            connection.commit()

        copies(5, "31 days")
        copies(MOST_RECENT - 2, "29 days")
    attached(ingest, household, photo(4))
    assert code(attach(ingest, household, photo(5))) == (409, "photo_too_many")
    assert attached(ingest, household, last), "one that is on record is answered as the first time"
    assert attached(ingest, a_household(ingest), photo(5)), "other households have room"
    assert len(listed(ingest, household)) == MOST_RECENT + 5


def test_the_same_or_a_near_identical_photo_on_another_household_is_flagged_on_both(ingest: Ingest) -> None:
    first, second, third, fourth = (a_household(ingest) for _ in range(4))
    house = scene(3)
    width, height = house.size
    original = attached(ingest, first, encoded(house, quality=92))
    assert not original["flagged"]
    assert not attached(ingest, second, photo(4))["flagged"], "another photo is another photo"
    same = attached(ingest, third, encoded(house, quality=92), "other")
    assert same["flagged"]
    cropped = house.crop((width // 100, height // 100, width - width // 100, height - height // 100))
    near = attached(ingest, fourth, encoded(cropped, quality=50))
    assert near["flagged"]
    assert [flags(ingest, each) for each in (first, second, third, fourth)] == [[True], [False], [True], [True]]
    with ingest.database.transaction() as connection:
        pairs = connection.execute("SELECT photo_id, like_id, distance FROM photo_likeness").fetchall()
        key = ingest.peer.keys[first][first]
        assert key is not None
        facts = repository.of(connection, first, [UUID(original["photo_id"])], key)
    assert {(str(a), str(b)) for a, b, _ in pairs} == {
        (same["photo_id"], original["photo_id"]),
        (near["photo_id"], original["photo_id"]),
        (near["photo_id"], same["photo_id"]),
    }
    assert {d for _, _, d in pairs} <= set(range(MOST_DISTANCE + 1))
    assert set(facts[UUID(original["photo_id"])].similar) == {third, fourth}


def test_cards_are_alike_and_minutes_are_shared(ingest: Ingest) -> None:
    page, other_page = scene(5), scene(5).resize((1500, 1125))
    for kind, again, flagged in (
        ("family_card", encoded(other_page, quality=60), False),  # only the very same photo counts
        ("family_card", encoded(page), True),
        ("minutes", encoded(page), False),
    ):
        one, another = a_household(ingest), a_household(ingest)
        attached(ingest, one, encoded(page), kind)
        assert attached(ingest, another, again, kind)["flagged"] is flagged
        with psycopg.connect(ingest.environment["PADAN_DATABASE_OWNER_URL"]) as owner:
            owner.execute("TRUNCATE photo, photo_likeness")


def test_two_that_come_at_once_see_each_other(ingest: Ingest) -> None:
    households, sent = [a_household(ingest) for _ in range(6)], photo(6)
    threads = [threading.Thread(target=attached, args=(ingest, each, sent)) for each in households]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(flags(ingest, each) == [True] for each in households)
    assert ingest.count("photo_likeness") == 15


def test_what_is_refused_leaves_nothing_and_is_counted(ingest: Ingest) -> None:
    household, good = a_household(ingest), photo(7)
    frames = [scene(n, (300, 300)) for n in range(2)]
    gif = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    for content, expected in (
        (b"", (422, "photo_missing")),
        (b"NIK;NAMA\n", (415, "photo_type")),
        (gif, (415, "photo_type")),
        (good[: len(good) // 2], (422, "photo_damaged")),
        (good + bytes(16 << 20), (413, "photo_too_large")),
    ):
        assert code(attach(ingest, household, content)) == expected
    assert code(attach(ingest, household, good, "selfie")) == (422, "photo_kind_unknown")
    for type, body in (
        ("multipart/form-data", good),
        ("multipart/form-data; boundary=b", good),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + good),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--'),
    ):
        assert code(attach(ingest, household, body, type=type)) == (422, "photo_form_invalid")
    assert (listed(ingest, household), kept(ingest)) == ([], [])
    assert list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir()) == []
    metrics = ingest.http.get("/metrics").text
    assert 'padan_photos_total{outcome="photo_type"} 2.0' in metrics
    nobody = ingest.http.post(f"/households/{household}/photos?kind=other", content=good)
    assert nobody.status_code == 401
    missing = ingest.get(f"/households/{household}/photos/{uuid4()}")
    assert code(missing) == (404, "photo_not_found")


def test_an_erased_household_has_no_photos_any_more(ingest: Ingest) -> None:
    household = a_household(ingest)
    path = f"/households/{household}/photos/{attached(ingest, household, photo(8))['photo_id']}"
    assert code(ingest.get(path.replace(str(household), str(a_household(ingest))))) == (404, "photo_not_found")
    assert ingest.get(path).status_code == 200
    ingest.peer.keys[household][household] = None
    assert code(ingest.get(path)) == (410, "photo_erased"), "no key is left in a cache"
    assert code(attach(ingest, household, photo(9))) == (410, "photo_erased")
    del ingest.peer.keys[household]
    assert code(ingest.get(path)) == (503, "service_unavailable"), "an unknown key is no erasure"
    (sealed,) = kept(ingest)
    ingest.peer.keys[household] = {household: os.urandom(32)}
    assert code(ingest.get(path)) == (410, "photo_lost")
    sealed.unlink()
    assert code(ingest.get(path)) == (410, "photo_lost")


def test_a_service_killed_between_picture_and_record_leaves_nothing_half_done(ingest: Ingest) -> None:
    household, sent = a_household(ingest), photo(10)
    answers: list[httpx.Response | httpx.TransportError] = []

    def send() -> None:
        try:
            answers.append(attach(ingest, household, sent))
        except httpx.TransportError as error:
            answers.append(error)

    with psycopg.connect(ingest.environment["PADAN_DATABASE_OWNER_URL"]) as owner:
        owner.execute("LOCK TABLE photo IN SHARE ROW EXCLUSIVE MODE")  # until the end of this transaction
        sending = threading.Thread(target=send)
        sending.start()
        wait_for(lambda: kept(ingest))
        ingest.stop(signal.SIGKILL)
        sending.join()
    (outcome,) = answers
    assert isinstance(outcome, httpx.TransportError)
    ingest.start()
    assert (listed(ingest, household), len(kept(ingest))) == ([], 1)
    again = attached(ingest, household, sent)
    assert [each["photo_id"] for each in listed(ingest, household)] == [again["photo_id"]]
    assert len(kept(ingest)) == 1, "the same photo has the same place"
    assert ingest.get(f"/households/{household}/photos/{again['photo_id']}").status_code == 200


def test_a_wrong_address_of_the_store_ends_the_service_and_is_named(ingest: Ingest) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "padan_registry_ingest"],
        env={**ingest.environment, "PADAN_PHOTO_STORE": "bogus://rahasia"},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 78
    assert "PADAN_PHOTO_STORE" in ended.stderr
    assert "rahasia" not in ended.stderr


def test_a_store_that_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    store, household, photo_id = PhotoStore(None, tmp_path), uuid4(), uuid4()

    async def use() -> None:
        assert await store.get(household, photo_id) is None
        await store.put(household, photo_id, b"one")
        await store.put(household, photo_id, b"two")
        assert await store.get(household, photo_id) == b"two"
        (tmp_path / "photos").rename(tmp_path / "gone")
        (tmp_path / "photos").write_bytes(b"")
        with pytest.raises(Unavailable):
            await store.put(household, photo_id, b"three")

    asyncio.run(use())
