"""A service process seen from outside: settings, tokens between services, health, SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from padan_runtime.http import Health, create_app
from padan_runtime.problems import Problem, Text
from padan_runtime.service_tokens import ServiceIdentity, ServiceVerifier

KEYS = {name: ECKey.generate_key("P-256", {"kid": name}) for name in ("household", "gateway", "eligibility")}
PUBLIC = msgspec.json.encode({"keys": [key.as_dict(private=False) for key in KEYS.values()]})


def private(name: str) -> bytes:
    return msgspec.json.encode(KEYS[name].as_dict(private=True))


def asked(header: str | None) -> Any:
    app = FastAPI()
    verifier = ServiceVerifier("household", PUBLIC)

    @app.get("/")
    def read(request: Request) -> dict[str, str]:
        try:
            return {"caller": verifier.one_of(request, "gateway")}
        except Problem as problem:
            return {"code": problem.code}

    return TestClient(app).get("/", headers={"Authorization": header} if header else {}).json()


def forged(signer: str, **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": "gateway", "aud": "household", "iat": now, "exp": now + 60} | changes
    return "Bearer " + jwt.encode({"alg": "ES256", "kid": changes.pop("kid", signer)}, claims, KEYS[signer])


def test_a_service_is_known_by_its_own_key() -> None:
    header = ServiceIdentity("gateway", private("gateway")).headers("household")["Authorization"]
    assert asked(header) == {"caller": "gateway"}


def test_a_known_service_without_the_right_is_refused() -> None:
    header = ServiceIdentity("eligibility", private("eligibility")).headers("household")["Authorization"]
    assert asked(header) == {"code": "service_forbidden"}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer nothing",
        forged("eligibility"),  # signs with its own key, says it is the gateway
        forged("gateway", aud="eligibility"),
        forged("gateway", exp=int(time.time()) - 60),
        # A day ahead: still the future when this test gets its turn.
        forged("gateway", iat=int(time.time()) + 86_400, exp=int(time.time()) + 86_700),
        "Bearer " + jwt.encode({"alg": "HS256", "kid": "gateway"}, {"iss": "gateway", "aud": "household"},
                               OctKey.import_key(PUBLIC), algorithms=["HS256"]),
    ],
    ids=["none", "garbage", "another's name", "another audience", "expired", "of the future", "alg confusion"],
)  # fmt: skip
def test_whoever_cannot_prove_it_is_nobody(header: str | None) -> None:
    assert asked(header) == {"code": "service_unauthenticated"}


def test_a_token_that_was_believed_once_is_not_believed_beyond_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, now = ServiceVerifier("household", PUBLIC), time.time()
    request = Request({"type": "http", "headers": [(b"authorization", forged("gateway").encode())]})
    assert verifier.caller(request) == "gateway"
    monkeypatch.setattr("padan_runtime.service_tokens.time.time", lambda: now + 120)
    with pytest.raises(Problem):
        verifier.caller(request)


def test_a_problem_speaks_both_languages_and_an_unexpected_error_says_nothing_of_its_cause() -> None:
    app = create_app(title="Test", health=Health())

    @app.get("/refused")
    def refused() -> None:
        raise Problem("nik_unknown", 404, Text("tidak ada", "not there"), Text("periksa", "check"))

    @app.get("/broken")
    def broken() -> None:
        raise ValueError("3318010101800001")

    client = TestClient(app, raise_server_exceptions=False)
    answer = client.get("/refused")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:padan:problem:nik_unknown",
        "title": "nik_unknown",
        "status": 404,
        "code": "nik_unknown",
        "detail": "not there",
        "detail_id": "tidak ada",
        "next_step": "check",
        "next_step_id": "periksa",
    }
    answer = client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "3318010101800001" not in answer.text
    assert client.get("/nowhere").json()["code"] == "not_found"
    assert 'route="/refused"' in client.get("/metrics").text


SERVICE = """
import asyncio, sys
from padan_runtime import logs, process
from padan_runtime.http import Health, create_app
from padan_runtime.settings import ServiceSettings, load

settings = load(ServiceSettings)
logs.configure("test", settings.log_level)

async def task(stop):
    if sys.argv[1:] == ["failing"]:
        raise ValueError("3318010101800001")
    await stop.wait()
    await asyncio.sleep(0.2)
    print("finished what was under way", flush=True)

process.run(create_app(title="Test", health=Health()), host=settings.http_host, port=settings.http_port, tasks=[task])
"""


def environment(port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PADAN_ENVIRONMENT": "development",
        "PADAN_KAFKA": "127.0.0.1:1",
        "PADAN_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "PADAN_DATABASE_OWNER_URL": "postgresql://nobody@127.0.0.1/none",
        "PADAN_HTTP_PORT": str(port),
        "PADAN_SECRETS": str(Path.cwd()),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_sigterm_drains_and_ends_with_0() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", SERVICE], env=environment(port), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        while True:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/readyz").json() == {"ready": True, "conditions": {}}
                break
            except httpx.ConnectError:
                assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert "finished what was under way" in running.stdout.read()


def test_a_failing_task_ends_the_process_with_1_and_without_the_message() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SERVICE, "failing"], env=environment(free_port()), capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "3318010101800001" not in ended.stdout + ended.stderr
    assert '"error":"ValueError"' in ended.stdout.replace('": "', '":"')


HANGING = """
import asyncio, threading
from padan_runtime import logs, process
from padan_runtime.http import Health, create_app

logs.configure("test", "info")
process.end_for_sure.__defaults__ = (1.0,)

async def task(stop):
    async with asyncio.timeout(0.5):
        await asyncio.to_thread(threading.Event().wait)

process.run(create_app(title="Test", health=Health()), host="127.0.0.1", port={port}, tasks=[task])
"""


def test_a_failing_task_ends_the_process_whatever_hangs_in_it() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", HANGING.replace("{port}", str(port))], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.wait(20) == 1
        assert running.stdout is not None
        assert '"error":"TimeoutError"' in running.stdout.read().replace('": "', '":"')


CUT_OFF = """
import asyncio
from padan_runtime import logs, process
from padan_runtime.http import Health, create_app

logs.configure("test", "info")
app, asked = create_app(title="Test", health=Health()), asyncio.Event()

@app.post("/waits")
async def waits():
    asked.set()
    await asyncio.Event().wait()

async def task(stop):
    await asked.wait()
    raise ConnectionError

process.run(app, host="127.0.0.1", port={port}, tasks=[task])
"""


def test_a_request_under_way_in_a_service_that_ends_is_told_to_come_again() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", CUT_OFF.replace("{port}", str(port))], stdout=subprocess.DEVNULL
    ) as running:
        while True:
            try:
                answer = httpx.post(f"http://127.0.0.1:{port}/waits", timeout=20)
                break
            except httpx.ConnectError:
                assert running.poll() is None
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.json()["code"] == "service_restarting"
        assert answer.headers["retry-after"]
        assert running.wait(20) == 1


def test_settings_that_are_missing_or_wrong_end_the_process_and_are_all_named() -> None:
    wrong = environment(1) | {"PADAN_HTTP_PORT": "secret-typo"}
    del wrong["PADAN_KAFKA"]
    ended = subprocess.run(
        [sys.executable, "-c", SERVICE], env=wrong, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 78
    assert "PADAN_KAFKA: " in ended.stderr
    assert "PADAN_HTTP_PORT: " in ended.stderr
    assert "secret-typo" not in ended.stderr
