"""docker-compose.yml, checked without Docker: its form, its promises, and every command of it run outside.

The commands run as the containers would run them: from the files their image holds, as an ordinary user, on a root
file system that cannot be written, with the environment that the file gives them. What stands in for Docker's network
is that host names are replaced by addresses.
"""

import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import contained
import httpx
import pytest
import yaml
from compose_spec import PyCompose
from compose_stack import PATIENCE_S, SERVICES, STAGES, Stack, broker, free_port
from dockerfile import ROOT, compose, lay_out
from ingest_memory import ingest_needs_mib, mib
from padan_cli.platform import Platform
from padan_cli.platform.pytest_plugin import MakeDatabase

DOCUMENT = compose()
OURS = {name for name, service in SERVICES.items() if "build" in service}
SIMULATORS = {"civil-registry", "barred-register", "bpjs"}
SERVERS = {"household", "registry-ingest", "eligibility", "gateway", *SIMULATORS}


def test_it_has_the_form_that_compose_reads() -> None:
    parsed = PyCompose.from_yaml(yaml.safe_dump(DOCUMENT))
    assert set(parsed.service_names()) == set(SERVICES)
    with pytest.raises(ValueError, match="read_onyl"):
        PyCompose.from_yaml(yaml.safe_dump({"services": {"a": {"image": "a", "read_onyl": True}}}))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_may_do_nothing_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(service)
    # The images of the two servers begin as root unless told otherwise; ours do not.
    assert name in OURS or re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert "user" not in service or name not in OURS
    assert not any("/" in str(volume.get("source")) for volume in service.get("volumes", ()))
    if name in SERVERS | {"kafka", "postgres"}:
        assert service["healthcheck"]["test"][0] == "CMD"
    assert "ports" not in service or (name == "gateway" and service["ports"] == ["127.0.0.1:8080:8080"])


def test_nothing_but_the_gateway_can_be_reached_or_reaches_out() -> None:
    assert DOCUMENT["networks"]["inside"] == {"internal": True}
    outside = {name for name, service in SERVICES.items() if "outside" in service.get("networks", ())}
    assert outside == {"gateway"}


def test_what_is_needed_is_there_and_is_waited_for() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            answers = "healthcheck" in SERVICES[needed]
            assert how["condition"] == ("service_healthy" if answers else "service_completed_successfully")
        for volume in service.get("volumes", ()):
            assert volume["source"] in DOCUMENT["volumes"]
        for config in service.get("configs", ()):
            assert (ROOT / DOCUMENT["configs"][config["source"]]["file"]).is_file()
    for name in sorted(SERVERS - SIMULATORS):
        assert {f"{name}-migrations", "topics"} <= set(SERVICES[name]["depends_on"])


def test_a_file_that_asks_for_too_much_memory_ends_its_reader_and_not_the_container() -> None:
    ingest = SERVICES["registry-ingest"]
    (temporary,) = [match[1] for mount in ingest["tmpfs"] if (match := re.search(r"size=(\d+m)", mount))]
    reader = int(ingest["environment"]["PADAN_READER_MEMORY_MB"])
    assert mib(ingest["mem_limit"]) >= ingest_needs_mib(reader, service=352, temporary=mib(temporary))


def test_a_service_is_given_its_own_secrets_and_not_the_owner() -> None:
    for name in SERVERS - SIMULATORS:
        (folder,) = [volume["volume"]["subpath"] for volume in SERVICES[name]["volumes"] if "volume" in volume]
        assert folder == name
        assert not [variable for variable in SERVICES[name]["environment"] if "OWNER" in variable]
    with_all = {name for name, service in SERVICES.items() for v in service.get("volumes", ())
                if v["source"] == "secrets" and "volume" not in v}  # fmt: skip
    assert with_all == {"secrets", "databases", "tools"}
    assert not re.search(r"://[^/\s:]+:[^/\s@]+@", (ROOT / "docker-compose.yml").read_text()), "a password in the open"


def settings(*paths: str) -> dict[str, str]:
    """The settings of one server's files; a later one replaces an earlier one."""
    lines = (line for path in paths for line in (ROOT / path).read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def differing(here: dict[str, str], there: dict[str, str]) -> set[str]:
    return {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}


def test_the_servers_are_those_of_the_local_platform() -> None:
    local = settings("deploy/platform/broker.properties", "deploy/platform/broker-secure.properties")
    here = settings("deploy/compose/broker.properties")
    addresses = {"controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs"}
    password = {key for key, value in local.items() if "${broker_password}" in value}
    providers = {"config.providers", "config.providers.file.class"}
    assert differing(here, local) == addresses | password | providers
    taken = "${file:/run/secrets/kafka/passwords.properties:broker}"
    assert {here[key] for key in password} == {local[key].replace("${broker_password}", taken) for key in password}
    sockets = {"listen_addresses", "port", "unix_socket_directories"}
    assert differing(settings("deploy/compose/postgresql.conf"), settings("deploy/platform/postgresql.conf")) == sockets
    pom = (ROOT / "deploy/platform/pom.xml").read_text()
    for server in ("kafka", "postgres"):
        assert f">{SERVICES[server]['image'].partition(':')[2]}" in pom


@pytest.fixture
def stack(platform: Platform, make_database: MakeDatabase, tmp_path: Path) -> Iterator[Stack]:
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    # The roles' passwords are those the run's server already knows.
    shutil.copy(platform.instance.secrets / "database.key", secrets)
    contained.own(secrets)
    images = {stage: tmp_path / "images" / stage for stage in {SERVICES[name]["build"]["target"] for name in OURS}}
    for stage, image in images.items():
        lay_out(STAGES, stage, image)
    replaced = {"postgres:5432": f"127.0.0.1:{platform.instance.port('postgres')}"}
    for database in ("household", "keyring", "registry_ingest", "eligibility", "gateway"):
        replaced[f"/{database}?"] = f"/{make_database(database, ()).name}?"
    ports: dict[str, int] = {}
    for name in SERVERS:
        ports[name] = free_port()
        replaced[f"http://{name}:8080"] = f"http://127.0.0.1:{ports[name]}"
    made = Stack(tmp_path, images, replaced, ports, {})
    yield made
    for process in made.running.values():
        process.kill()
        process.wait()


def test_every_command_of_it_runs_as_an_ordinary_user_on_a_root_that_cannot_be_written(
    stack: Stack, platform: Platform
) -> None:
    stack.once("secrets")
    with broker(platform.instance.servers, stack.folder, stack.folder / "secrets") as kafka:
        stack.replaced["kafka:9092"] = kafka
        run_everything(stack, platform)


def run_everything(stack: Stack, platform: Platform) -> None:
    port = str(platform.instance.port("postgres"))
    stack.once("databases", ["padan_cli.containers", *SERVICES["databases"]["command"], "--port", port])
    assert "rules added" in stack.once("topics").stdout
    for name in ("household", "registry-ingest", "eligibility", "gateway"):
        stack.once(f"{name}-migrations")
    for name in SERVERS:
        stack.start(name)
    waiting, deadline = set(SERVERS), time.monotonic() + PATIENCE_S
    while waiting:
        waiting = {name for name in waiting if not answers(f"http://127.0.0.1:{stack.ports[name]}/readyz")}
        for name in waiting:
            assert stack.running[name].poll() is None, f"{name}: {stack.log(name)}"
            assert time.monotonic() < deadline, f"{name}: {stack.log(name)}"
        time.sleep(0.1)  # readiness of another process has no event to wait for
    assert all(stack.healthy(name) for name in SERVERS)
    token = stack.once(
        "tools", ["padan_cli.containers", "token", "/secrets", "--role", "administrator", "--region", "ID"]
    ).stdout.strip()
    answer = httpx.get(
        f"http://127.0.0.1:{stack.ports['gateway']}/v1/pipeline",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    for name in SERVERS:
        stack.running[name].send_signal(signal.SIGTERM)
    assert {name: stack.running[name].wait(PATIENCE_S) for name in SERVERS} == dict.fromkeys(SERVERS, 0)
    assert not stack.healthy("household")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False
