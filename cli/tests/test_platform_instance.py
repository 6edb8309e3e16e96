"""An instance keeps its ports and secrets, and gives each service the environment of the contract."""

import json
import shutil
import socket
import stat
from pathlib import Path

import pytest
from padan_cli.platform import Instance, PlatformError
from padan_cli.platform.credentials import KAFKA_USERS
from padan_cli.platform.instance import USUAL_PORTS
from padan_cli.platform.kafka import new_cluster_id

SECRET_FILES = {
    "household.key.json",
    "registry-ingest.key.json",
    "eligibility.key.json",
    "gateway.key.json",
    "services.jwks.json",
    "issuer.key.json",
    "issuer.jwks.json",
    "nik-hash.key",
    "key-encryption.key",
    "database.key",
    "kafka.key",
}


GIVEN = {
    "household": {"household.key.json", "services.jwks.json", "nik-hash.key", "key-encryption.key"},
    "registry-ingest": {"registry-ingest.key.json", "services.jwks.json", "nik-hash.key"},
    "eligibility": {"eligibility.key.json", "services.jwks.json"},
    "gateway": {"gateway.key.json", "services.jwks.json", "nik-hash.key", "issuer.jwks.json"},
}


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path / "one")


def ports(instance: Instance) -> dict[str, int]:
    return {name: instance.port(name) for name in USUAL_PORTS}


def test_ports_differ_and_are_kept(instance: Instance) -> None:
    chosen = ports(instance)

    assert len(set(chosen.values())) == len(USUAL_PORTS)
    assert ports(Instance(instance.folder)) == chosen


def test_two_instances_share_nothing(tmp_path: Path) -> None:
    one, other = Instance(tmp_path / "one"), Instance(tmp_path / "other")

    assert one.id != other.id
    assert one.database_url("household") != other.database_url("household")
    assert (one.secrets / "nik-hash.key").read_bytes() != (other.secrets / "nik-hash.key").read_bytes()


def test_a_port_that_somebody_else_took_is_replaced_and_the_others_are_kept(instance: Instance) -> None:
    before = ports(instance)
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", before["gateway"]))
        somebody.listen()
        moved = instance.refresh_ports()

    after = ports(instance)
    assert moved == {"gateway": (before["gateway"], after["gateway"])}
    assert after["gateway"] not in before.values()
    assert {name: port for name, port in after.items() if name != "gateway"} == {
        name: port for name, port in before.items() if name != "gateway"
    }


def test_the_usual_ports_are_taken_where_they_are_free(tmp_path: Path) -> None:
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free = somebody.connect_ex(("127.0.0.1", USUAL_PORTS["barred-register"])) != 0
    local = Instance(tmp_path / "local")

    assert (local.port("barred-register") == USUAL_PORTS["barred-register"]) == free


def test_secrets_are_minted_once_and_only_their_owner_reads_them(instance: Instance) -> None:
    before = files(instance.secrets)
    Instance(instance.folder)
    after = files(instance.secrets)

    everything = [instance.secrets, *instance.secrets.rglob("*")]
    assert {name for name in before if "/" not in name} == SECRET_FILES
    assert after == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in everything if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in everything if path.is_dir()} == {0o700}
    assert {len(before[name]) for name in before if name.endswith(".key")} == {32}


def test_a_service_is_given_its_own_secrets_and_no_others(instance: Instance) -> None:
    shared = files(instance.secrets)
    for service, names in GIVEN.items():
        own = files(Path(instance.environment(service)["PADAN_SECRETS"]))
        login = {name: shared[f"{service}/{name}"] for name in ("kafka.password", "kafka.properties")}
        assert own == {name: shared[name] for name in names} | login
    passwords = {content for name, content in shared.items() if name.endswith("/kafka.password")}
    assert len(passwords) == len(KAFKA_USERS)


def test_an_instance_with_one_folder_of_secrets_for_all_keeps_them(instance: Instance) -> None:
    before = files(instance.secrets)
    for service in GIVEN:
        shutil.rmtree(instance.secrets / service)
    again = Instance(instance.folder)

    assert files(again.secrets) == before


def test_public_key_sets_hold_no_private_part_and_name_each_service(instance: Instance) -> None:
    services = json.loads((instance.secrets / "services.jwks.json").read_bytes())["keys"]
    issuer = json.loads((instance.secrets / "issuer.jwks.json").read_bytes())["keys"]

    assert {key["kid"] for key in services} == {"household", "registry-ingest", "eligibility", "gateway"}
    assert [key["kid"] for key in issuer] == ["padan-development"]
    assert not any("d" in key for key in (*services, *issuer))


def test_each_service_is_told_what_the_contract_says_and_no_other_secret(instance: Instance) -> None:
    common = {
        "PADAN_ENVIRONMENT",
        "PADAN_KAFKA",
        "PADAN_DATABASE_URL",
        "PADAN_DATABASE_OWNER_URL",
        "PADAN_HTTP_HOST",
        "PADAN_HTTP_PORT",
        "PADAN_SECRETS",
        "PADAN_FOLDER",
    }
    assert set(instance.environment("household")) == common | {"PADAN_KEYRING_URL", "PADAN_KEYRING_OWNER_URL"}
    assert set(instance.environment("registry-ingest")) == common | {
        "PADAN_HOUSEHOLD_URL",
        "PADAN_CIVIL_REGISTRY_URL",
        "PADAN_BARRED_REGISTER_URL",
    }
    assert set(instance.environment("eligibility")) == common | {"PADAN_HOUSEHOLD_URL"}
    assert set(instance.environment("gateway")) == common | {
        "PADAN_HOUSEHOLD_URL",
        "PADAN_REGISTRY_INGEST_URL",
        "PADAN_ELIGIBILITY_URL",
        "PADAN_DATABASE_READER_URL",
    }
    assert set(instance.environment("civil-registry")) == {
        "PADAN_ENVIRONMENT",
        "PADAN_HTTP_HOST",
        "PADAN_HTTP_PORT",
        "PADAN_FOLDER",
    }


def test_whether_kafka_asks_for_a_login_is_chosen_with_the_instance_and_stays(tmp_path: Path) -> None:
    secure = Instance(tmp_path / "secure", secure_kafka=True)
    opened = Instance(tmp_path / "open")

    assert Instance(secure.folder).secure_kafka
    assert not Instance(opened.folder, secure_kafka=True).secure_kafka
    assert secure.environment("gateway")["PADAN_KAFKA_USERNAME"] == "gateway"
    assert secure.kafka_client("gateway").password == (secure.secrets / "gateway" / "kafka.password").read_text()
    assert secure.kafka_client("gateway").password not in repr(secure.kafka_client("gateway"))
    assert "PADAN_KAFKA_USERNAME" not in opened.environment("gateway")
    assert opened.kafka_client("gateway").username is None


def test_what_padan_up_makes_asks_for_a_login_and_a_later_change_of_mind_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("padan_cli.platform.instance.project_root", lambda: tmp_path)

    assert Instance.named("usual").secure_kafka
    assert Instance.named("usual", secure_kafka=True).secure_kafka
    assert not Instance.named("other", secure_kafka=False).secure_kafka
    with pytest.raises(PlatformError) as refused:
        Instance.named("usual", secure_kafka=False)
    assert refused.value.code == "kafka_chosen"


def test_the_run_time_role_is_not_the_owner(instance: Instance) -> None:
    gateway = instance.environment("gateway")

    assert "//gateway_writer:" in gateway["PADAN_DATABASE_URL"]
    assert "//gateway_reader:" in gateway["PADAN_DATABASE_READER_URL"]
    assert "//gateway_owner:" in gateway["PADAN_DATABASE_OWNER_URL"]


def test_further_settings_reach_one_component_and_can_be_taken_back(instance: Instance) -> None:
    instance.configure("gateway", PADAN_LOG_LEVEL="debug")

    assert instance.environment("gateway")["PADAN_LOG_LEVEL"] == "debug"
    assert "PADAN_LOG_LEVEL" not in instance.environment("household")
    instance.configure("gateway", PADAN_LOG_LEVEL="")
    assert "PADAN_LOG_LEVEL" not in instance.environment("gateway")


def test_settings_of_the_shell_do_not_leak_into_processes(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADAN_DATABASE_URL", "postgresql://elsewhere/")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")

    environment = instance.process_environment("household")

    assert environment["PADAN_DATABASE_URL"] == instance.database_url("household")
    assert "PYTHONPATH" not in environment


@pytest.mark.parametrize("name", ["", "../outside", "a/b", "dist", "."])
def test_a_name_cannot_lead_out_of_the_folder(name: str) -> None:
    with pytest.raises(PlatformError) as error:
        Instance.named(name)
    assert error.value.code == "instance_name"


def test_a_cluster_id_never_looks_like_an_option() -> None:
    ids = {new_cluster_id() for _ in range(2000)}

    assert len(ids) == 2000
    assert {len(each) for each in ids} == {22}
    assert not any(each.startswith("-") for each in ids)
