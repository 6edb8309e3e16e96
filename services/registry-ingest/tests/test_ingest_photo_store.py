"""Photos in a store that speaks S3's protocol, as `PADAN_PHOTO_STORE` names it."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path
from uuid import uuid4

import pytest
from http_peer import served
from padan_registry_ingest.photos.storage import PhotoStore
from padan_runtime.problems import Unavailable


async def test_photos_are_put_and_read_over_s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}
    signed: list[str] = []

    class S3(BaseHTTPRequestHandler):
        """The two requests that are made of it."""

        def do_PUT(self) -> None:
            kept[self.path] = self.rfile.read(int(self.headers["content-length"]))
            signed.append(self.headers["authorization"])
            self._answer(200, b"")

        def do_GET(self) -> None:
            self._answer(
                200 if self.path in kept else 404, kept.get(self.path, b"<Error><Code>NoSuchKey</Code></Error>")
            )

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Thu, 15 Jan 2026 03:00:00 GMT")
            self.end_headers()
            self.wfile.write(body)

    household, photo_id = uuid4(), uuid4()
    with served(S3) as address:
        for name, value in {
            "AWS_ENDPOINT_URL": address, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "ap-southeast-3",
            "AWS_ACCESS_KEY_ID": "KUNCI", "AWS_SECRET_ACCESS_KEY": "rahasia",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        store = PhotoStore("s3://padan-photos/pati", tmp_path)
        assert await store.get(household, photo_id) is None
        await store.put(household, photo_id, b"one")
        await store.put(household, photo_id, b"two")
        assert await store.get(household, photo_id) == b"two"
    (path,) = kept
    assert path == f"/padan-photos/pati/{household.hex[:2]}/{household.hex[2:4]}/{household}/{photo_id}"
    assert all("Credential=KUNCI/" in each for each in signed)
    assert not (tmp_path / "photos").exists(), "nothing of them is on the disk here"
    with pytest.raises(Unavailable):
        await store.get(household, photo_id)
