"""What every pod of ours must have: limits, probes, no rights, its own settings and secrets and nobody else's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from dockerfile import STAGE_TEXT, stages
from ingest_memory import ingest_needs_mib, mib
from manifests import OVERLAYS, SERVICES, Manifest, build, containers, environment, of_kind, workloads
from padan_cli.manifests import secrets
from padan_eligibility.settings import EligibilitySettings
from padan_gateway.settings import GatewaySettings
from padan_household.settings import HouseholdDatabases, HouseholdSettings
from padan_registry_ingest.settings import IngestSettings
from padan_runtime.settings import DatabaseSettings
from padan_simulators.register_server.settings import RegisterSettings
from pydantic_settings import BaseSettings

SETTINGS: dict[str, type[BaseSettings]] = {
    "household": HouseholdSettings,
    "registry-ingest": IngestSettings,
    "eligibility": EligibilitySettings,
    "gateway": GatewaySettings,
    "civil-registry": RegisterSettings,
    "barred-register": RegisterSettings,
    "bpjs": RegisterSettings,
}
STAGES = stages(STAGE_TEXT)
MADE_BY_OPERATORS = {*SERVICES, "padan-cluster-ca-cert", "store-ca", "keyring-ca", "services-ca"}
"""Strimzi's users and authority, CloudNativePG's authorities."""
BY_WHO_HAS_THEM = {"backup-store", "backup-keyring", "backup-services", "gateway-tls", "photo-store"}


def settings_of(name: str, container: Manifest) -> type[BaseSettings]:
    """The settings a container reads: a service's own, or those of its databases where it only migrates or waits."""
    if container.get("args") in (["migrate"], ["await-migrations"]):
        return HouseholdDatabases if name.startswith("household") else DatabaseSettings
    return SETTINGS[name]


def variables(settings: type[BaseSettings], *, required: bool) -> set[str]:
    fields = settings.model_fields.items()
    return {f"PADAN_{name.upper()}" for name, field in fields if field.is_required() or not required}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_container_without_limits_probes_and_bounds(overlay: str) -> None:
    for name, template in workloads(overlay).items():
        pod = template["spec"]
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] == security["runAsGroup"] == 10001, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["priorityClassName"] in of_kind(overlay, "PriorityClass"), name
        assert not any("hostPath" in volume for volume in pod["volumes"]), name
        for container in containers(template):
            bounds = container["resources"]
            assert set(bounds["requests"]) == set(bounds["limits"]) == {"cpu", "memory"}, name
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            assert mounted <= {volume["name"] for volume in pod["volumes"]} | {"folder"}, name
        if not name.endswith("-migrations"):
            (container,) = pod["containers"]
            for probe, path in (("startup", "/livez"), ("liveness", "/livez"), ("readiness", "/readyz")):
                assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "http"}, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_container_is_told_all_it_must_know_and_nothing_unknown(overlay: str) -> None:
    for name, template in workloads(overlay).items():
        for container in containers(template):
            told = {key for key in environment(container) if key.startswith("PADAN_")}
            settings = settings_of(name, container)
            assert variables(settings, required=True) <= told, name
            assert told <= variables(settings, required=False), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_the_migrations_know_the_owners(overlay: str) -> None:
    for name, template in workloads(overlay).items():
        for container in containers(template):
            owners = {key for key in environment(container) if "OWNER" in key}
            assert bool(owners) == name.endswith("-migrations"), name
    jobs = of_kind(overlay, "Job")
    assert set(jobs) == {f"{service}-migrations" for service in SERVICES}
    for service in SERVICES:
        (waits,) = workloads(overlay)[service]["spec"]["initContainers"]
        assert waits["args"] == ["await-migrations"]
        migrates = next(containers(workloads(overlay)[f"{service}-migrations"]))
        assert waits["image"] == migrates["image"] == workloads(overlay)[service]["spec"]["containers"][0]["image"]
        shared = {key: value for key, value in environment(waits).items() if key.startswith("PADAN_")}
        assert shared.items() <= environment(migrates).items()


def secret_keys(template: Manifest) -> dict[str, set[str]]:
    """Every Secret a pod names, with the keys it takes (empty: all of them)."""
    found: dict[str, set[str]] = {}
    for container in containers(template):
        for source in environment(container).values():
            if isinstance(source, dict) and "secretKeyRef" in source:
                found.setdefault(source["secretKeyRef"]["name"], set()).add(source["secretKeyRef"]["key"])
    for volume in template["spec"]["volumes"]:
        parts = [volume, *volume.get("projected", {}).get("sources", ())]
        for part in parts:
            if "secret" in part:
                secret = part["secret"]
                keys = found.setdefault(secret.get("secretName") or secret["name"], set())
                keys |= {item["key"] for item in secret.get("items", ())}
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_are_named_never_written_and_each_has_its_own(overlay: str, tmp_path: Path) -> None:
    assert not of_kind(overlay, "Secret")
    made = {manifest["metadata"]["name"]: set(manifest["data"]) for manifest in secrets(tmp_path)}
    used: dict[str, set[str]] = {}
    for name, template in workloads(overlay).items():
        for secret, keys in secret_keys(template).items():
            assert secret in made or secret in MADE_BY_OPERATORS | BY_WHO_HAS_THEM, f"{name}: {secret}"
            assert keys <= made.get(secret, keys), f"{name}: {secret}"
            used.setdefault(secret, set()).add(name.removesuffix("-migrations"))
    for secret, users in used.items():
        if not secret.startswith("padan-") and secret != "services-ca":
            assert len(users) == 1, f"{secret} is given to {sorted(users)}"
    clusters = of_kind(overlay, "Cluster").values()
    in_databases = {cluster["spec"]["bootstrap"]["initdb"]["secret"]["name"] for cluster in clusters}
    roles = [role for cluster in clusters for role in cluster["spec"]["managed"]["roles"]]
    in_databases |= {role["passwordSecret"]["name"] for role in roles}
    assert in_databases | {f"{service}-secrets" for service in SERVICES} == set(made)
    text = json.dumps(build(overlay))
    stores = set(re.findall(r'"(backup-[a-z]+)"', text))
    assert stores <= BY_WHO_HAS_THEM
    assert not re.search(r"://[^/\s:\"]+:(?!\$\()[^/\s@\"]+@", text), "a password in the open"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_finds_its_secret_files_under_the_names_it_reads(service: str, tmp_path: Path) -> None:
    (projected,) = [v["projected"] for v in workloads("regency")[service]["spec"]["volumes"] if v["name"] == "secrets"]
    own, login = (source["secret"] for source in projected["sources"])
    files = {m["metadata"]["name"]: set(m["data"]) for m in secrets(tmp_path)}[own["name"]]
    assert {f"{service}.key.json", "services.jwks.json"} <= files
    assert not {name for name in files if name.endswith(".key.json")} - {f"{service}.key.json"}
    assert ("key-encryption.key" in files) == (service == "household")
    assert login == {"name": service, "items": [{"key": "password", "path": "kafka.password"}]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_selector_finds_pods_and_every_port_is_open(overlay: str) -> None:
    pods = {name: template["metadata"]["labels"] for name, template in workloads(overlay).items()}
    for name, service in of_kind(overlay, "Service").items():
        selector = service["spec"]["selector"]
        chosen = [pod for pod, labels in pods.items() if selector.items() <= labels.items()]
        assert chosen == [name]
        (container,) = workloads(overlay)[name]["spec"]["containers"]
        open_ports = {port["name"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= open_ports
    for name, budget in of_kind(overlay, "PodDisruptionBudget").items():
        assert budget["spec"]["selector"]["matchLabels"].items() <= pods[name].items()
    for name, stateful in of_kind(overlay, "StatefulSet").items():
        assert stateful["spec"]["selector"]["matchLabels"].items() <= pods[name].items()
        assert stateful["spec"]["serviceName"] in of_kind(overlay, "Service")
    ((_, ingress),) = of_kind(overlay, "Ingress").items()
    paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert {path["backend"]["service"]["name"] for path in paths} == {"gateway"}
    assert {path["path"] for path in paths} == {"/v1", "/openapi.json"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_images_are_those_of_the_dockerfile_in_one_version(overlay: str) -> None:
    images = {container["image"] for template in workloads(overlay).values() for container in containers(template)}
    named = {image.rpartition("/")[2].partition(":") for image in images}
    assert {name for name, _, _ in named} <= set(STAGES)
    assert len({tag for _, _, tag in named}) == 1
    assert all(tag not in ("", "latest") for _, _, tag in named)


@pytest.mark.parametrize("overlay", ["regency", "national"])
def test_production_is_production(overlay: str) -> None:
    for service in SERVICES:
        (container,) = workloads(overlay)[service]["spec"]["containers"]
        told = environment(container)
        assert told["PADAN_ENVIRONMENT"] == "production"
        addresses = [value for value in told.values() if str(value).startswith("postgresql:")]
        assert addresses
        assert all("sslmode=verify-full" in address for address in addresses)
    told_by_map: Any = of_kind(overlay, "ConfigMap")["sign-in"]["data"]["issuer"]
    assert told_by_map.startswith("https://")
    assert not set(workloads(overlay)) & {"civil-registry", "barred-register", "bpjs"}


@pytest.mark.parametrize("overlay", ["regency", "national"])
def test_a_service_is_spread_over_machines_and_has_time_to_end(overlay: str) -> None:
    for service in SERVICES:
        pod = workloads(overlay)[service]["spec"]
        spread = {constraint["topologyKey"] for constraint in pod["topologySpreadConstraints"]}
        assert spread == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        # docker-compose.yml gives 40 s; a cluster that drains a node has more to do.
        assert pod["terminationGracePeriodSeconds"] == 60
        assert of_kind(overlay, "PodDisruptionBudget")[service]["spec"]["maxUnavailable"] == 1
    for cluster in of_kind(overlay, "Cluster").values():
        assert cluster["spec"]["affinity"]["podAntiAffinityType"] == "required"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_written_in_clear_for_a_moment_is_in_memory(overlay: str) -> None:
    pod = workloads(overlay)["registry-ingest"]["spec"]
    (temporary,) = [volume["emptyDir"] for volume in pod["volumes"] if volume["name"] == "tmp"]
    assert temporary["medium"] == "Memory"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_file_that_asks_for_too_much_memory_ends_its_reader_and_not_the_container(overlay: str) -> None:
    template = workloads(overlay)["registry-ingest"]
    (container,) = [each for each in containers(template) if each["name"] == "registry-ingest"]
    (temporary,) = [each["emptyDir"] for each in template["spec"]["volumes"] if each["name"] == "tmp"]
    bounds = container["resources"]
    needed = ingest_needs_mib(
        int(environment(container)["PADAN_READER_MEMORY_MB"]),
        service=mib(bounds["requests"]["memory"]),
        temporary=mib(temporary["sizeLimit"]),
    )
    assert mib(bounds["limits"]["memory"]) >= needed


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_photos_are_kept_in_an_object_store_where_there_is_one(overlay: str) -> None:
    (container,) = workloads(overlay)["registry-ingest"]["spec"]["containers"]
    told = environment(container)
    named = {
        told[variable]["configMapKeyRef"]["key"] for variable in ("PADAN_PHOTO_STORE", "AWS_ENDPOINT_URL", "AWS_REGION")
    }
    assert all(
        told[variable]["secretKeyRef"]["optional"] for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    )
    assert told["PADAN_PHOTO_STORE"]["configMapKeyRef"]["optional"]
    there = of_kind(overlay, "ConfigMap").get("photos")
    assert (there is None) == (overlay == "development")
    if there is not None:
        data: Any = there["data"]
        assert set(data) == named
        assert data["store"].startswith("s3://")
