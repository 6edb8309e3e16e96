"""Network policies: what may talk to what is exactly what the services' settings say they talk to."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from manifests import OVERLAYS, SERVICES, Manifest, containers, environment, of_kind, workloads

KAFKA = {"strimzi.io/cluster": "padan", "strimzi.io/kind": "Kafka", "strimzi.io/name": "padan-kafka"}
Flow = tuple[str, str, int]


def chosen(selector: Manifest | None, labels: dict[str, str]) -> bool:
    """Whether a label selector takes a pod."""
    if selector is None:
        return False
    wanted: bool = selector.get("matchLabels", {}).items() <= labels.items()
    for expression in selector.get("matchExpressions", ()):
        assert expression["operator"] == "In"
        wanted = wanted and labels.get(expression["key"]) in expression["values"]
    return wanted


def in_namespace(peer: Manifest) -> bool:
    return "namespaceSelector" not in peer and "ipBlock" not in peer


def pods(overlay: str) -> dict[str, dict[str, str]]:
    """Labels of every pod of the namespace: ours, PostgreSQL's, Kafka's."""
    ours: dict[str, dict[str, str]] = {
        name: template["metadata"]["labels"] for name, template in workloads(overlay).items()
    }
    return ours | {name: {"cnpg.io/cluster": name} for name in of_kind(overlay, "Cluster")} | {"kafka": KAFKA}


def allowed(overlay: str) -> set[Flow]:
    """Every (from, to, port) within the namespace that the policies let through, both at its start and at its end."""
    policies = [policy["spec"] for policy in of_kind(overlay, "NetworkPolicy").values()]
    labels = pods(overlay)

    def peers(side: str, direction: str, name: str) -> Iterator[tuple[str, int]]:
        for policy in policies:
            if direction in policy["policyTypes"] and chosen(policy["podSelector"], labels[name]):
                for rule in policy.get(direction.lower(), ()):
                    for peer in (peer for peer in rule.get(side, ()) if in_namespace(peer)):
                        for other in (other for other in labels if chosen(peer["podSelector"], labels[other])):
                            yield from ((other, port["port"]) for port in rule["ports"])

    out = {(name, other, port) for name in labels for other, port in peers("to", "Egress", name)}
    into = {(other, name, port) for name in labels for other, port in peers("from", "Ingress", name)}
    return out & into


def expected(overlay: str) -> set[Flow]:
    """What the settings of each container name, as flows; and what a cluster of servers says to itself."""
    flows: set[Flow] = set()
    maps = of_kind(overlay, "ConfigMap")
    for name, template in workloads(overlay).items():
        for container in containers(template):
            for variable, value in environment(container).items():
                if variable.startswith("PADAN_") and variable != "PADAN_TOKEN_ISSUER":
                    flows |= {(name, *to) for to in targets(value, maps)}
    for cluster in of_kind(overlay, "Cluster"):
        flows |= {(cluster, cluster, 5432), (cluster, cluster, 8000)}
    return flows | {("kafka", "kafka", 9090), ("kafka", "kafka", 9091)}


def targets(value: Any, maps: dict[str, Manifest]) -> Iterator[tuple[str, int]]:
    """Who answers at an address inside the namespace, and on which port."""
    if isinstance(value, dict):
        reference = value["configMapKeyRef"]
        if reference.get("optional") and reference["name"] not in maps:
            return
        value = maps[reference["name"]]["data"][reference["key"]]
    match = re.match(r"postgresql://.*@(\w+)-rw:(\d+)/", value) or re.match(r"http://([\w-]+):(\d+)$", value)
    if match:
        yield match[1], int(match[2])
    elif value == "padan-kafka-bootstrap:9093":
        yield "kafka", 9093


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_exactly_what_the_settings_name_may_talk(overlay: str) -> None:
    assert allowed(overlay) == expected(overlay)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_allowed_that_no_policy_names(overlay: str) -> None:
    policies = of_kind(overlay, "NetworkPolicy")
    assert policies["deny-all"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, labels in pods(overlay).items():
        selectors = [policy["spec"]["podSelector"] for policy in policies.values()]
        assert any(selector and chosen(selector, labels) for selector in selectors), f"{name} has no policy of its own"
    for name, policy in policies.items():
        assert chosen_by_any(policy["spec"]["podSelector"], overlay), f"{name} is for nobody"


def chosen_by_any(selector: Manifest, overlay: str) -> bool:
    labels = [*pods(overlay).values(), {"strimzi.io/cluster": "padan", "strimzi.io/name": "padan-entity-operator"}]
    return any(chosen(selector, each) for each in labels)


@pytest.mark.parametrize("overlay", ["regency", "national"])
def test_only_the_gateway_is_reached_from_outside_and_only_registry_ingest_goes_there(overlay: str) -> None:
    policies = of_kind(overlay, "NetworkPolicy")
    from_ingress, outward = set(), set()
    for name, policy in policies.items():
        for rule in policy["spec"].get("ingress", ()):
            for peer in rule.get("from", ()):
                namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
                from_ingress |= {name} if namespace == "ingress" else set()
                assert namespace in {None, "ingress", "monitoring", "keda", "cnpg-system", "strimzi-system"}
        for rule in policy["spec"].get("egress", ()):
            outward |= {name} if any("ipBlock" in peer for peer in rule.get("to", ())) else set()
            # Without an address only what the operators' own pods need: the API server and the backups' store.
            assert "to" in rule or name in {"store", "keyring", "services", "kafka", "kafka-operators"}
    assert (from_ingress, outward) == ({"gateway"}, {"registers"})
    assert policies["registers"]["spec"]["podSelector"] == {
        "matchLabels": {"app.kubernetes.io/name": "registry-ingest"}
    }


def test_prometheus_reaches_every_service() -> None:
    policy = of_kind("regency", "NetworkPolicy")["scraped"]["spec"]
    for service in SERVICES:
        assert chosen(policy["podSelector"], workloads("regency")[service]["metadata"]["labels"])
