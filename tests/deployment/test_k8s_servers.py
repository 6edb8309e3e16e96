"""Kafka, PostgreSQL, scaling and alarms as the code means them."""

import inspect
import re
from typing import Any

import pytest
import yaml
from manifests import OVERLAYS, ROOT, SERVICES, environment, of_kind, workloads
from padan_cli import manifests
from padan_cli.platform.databases import RUN_TIME_ROLES
from padan_eligibility.facts.handler import READER as ELIGIBILITY
from padan_events.access import USERS
from padan_events.shards import SHARDS
from padan_events.topics import CONSUMERS, TOPICS
from padan_gateway.views.projection import READER as GATEWAY
from padan_household.intake.handler import READER as HOUSEHOLD
from padan_runtime import metrics
from prometheus_client import Counter, Gauge, Histogram

OUTSIDE_METRICS = {
    "up": "Prometheus",
    "kubelet_volume_stats_available_bytes": "the kubelet",
    "kubelet_volume_stats_capacity_bytes": "the kubelet",
    "strimzi_certificate_expiration_timestamp_ms": "Strimzi's operator",
}


@pytest.mark.parametrize("kind", ["topics", "users"])
def test_what_is_made_from_the_code_is_up_to_date(kind: str) -> None:
    made = manifests.printed(getattr(manifests, kind)(), of=kind)
    file = ROOT / f"deploy/k8s/base/kafka-{kind}.yaml"
    assert file.read_text() == made, f"run `python -m padan_cli.manifests {kind} > {file.relative_to(ROOT)}`"


def test_every_topic_is_made_as_the_contract_says() -> None:
    found = of_kind("regency", "KafkaTopic")
    assert {topic["spec"]["topicName"] for topic in found.values()} == set(TOPICS)
    for topic in found.values():
        spec = topic["spec"]
        assert (spec["partitions"], spec["replicas"], spec["config"]["min.insync.replicas"]) == (SHARDS, 3, 2)
        assert spec["config"]["retention.ms"] == TOPICS[spec["topicName"]].retention_ms
        assert spec["config"]["unclean.leader.election.enable"] is False
    assert set(of_kind("regency", "KafkaUser")) == set(USERS)


@pytest.mark.parametrize("overlay", ["regency", "national"])
def test_no_acknowledged_record_is_on_one_broker_only(overlay: str) -> None:
    config = of_kind(overlay, "Kafka")["padan"]["spec"]["kafka"]["config"]
    assert (config["default.replication.factor"], config["min.insync.replicas"]) == (3, 2)
    assert config["unclean.leader.election.enable"] is False
    assert config["auto.create.topics.enable"] is False
    pools = of_kind(overlay, "KafkaNodePool").values()
    for role in ("controller", "broker"):
        assert sum(pool["spec"]["replicas"] for pool in pools if role in pool["spec"]["roles"]) >= 3
    assert all(volume["deleteClaim"] is False for pool in pools for volume in pool["spec"]["storage"]["volumes"])
    (listener,) = of_kind(overlay, "Kafka")["padan"]["spec"]["kafka"]["listeners"]
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "scram-sha-512"}


@pytest.mark.parametrize("overlay", ["regency", "national"])
def test_no_position_is_committed_on_one_server_only_and_the_keyring_lies_apart(overlay: str) -> None:
    clusters = of_kind(overlay, "Cluster")
    assert set(clusters) == {"store", "keyring", "services"}
    for name, cluster in clusters.items():
        spec = cluster["spec"]
        assert spec["instances"] == 3, name
        assert spec["postgresql"]["synchronous"] == {
            "method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True,
        }  # fmt: skip
    stores = {name: store["spec"] for name, store in of_kind(overlay, "ObjectStore").items()}
    assert set(stores) == set(clusters) == set(of_kind(overlay, "ScheduledBackup"))
    assert stores["keyring"]["retentionPolicy"] == "7d"
    for field in ("destinationPath", "s3Credentials"):
        assert stores["keyring"]["configuration"][field] != stores["store"]["configuration"][field]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_role_reaches_its_own_database_alone_and_nothing_personal_is_logged(overlay: str) -> None:
    clusters = of_kind(overlay, "Cluster").values()
    roles: dict[str, set[str]] = {}
    for cluster in clusters:
        rules = cluster["spec"]["postgresql"]["pg_hba"]
        assert rules[-1] == "host all all all reject"
        for rule in rules[:-1]:
            kind, database, users, address, method = rule.split()
            assert (kind, address, method) == ("hostssl", "all", "scram-sha-256")
            roles[database] = set(users.split(","))
    assert roles == {database: {*of, f"{database}_owner"} for database, of in RUN_TIME_ROLES.items()}
    local = (ROOT / "deploy/platform/postgresql.conf").read_text()
    for cluster in clusters:
        for name, value in cluster["spec"]["postgresql"]["parameters"].items():
            if name.startswith("log_"):
                assert re.search(rf"(?m)^{name} = {value}$", local), name


@pytest.mark.parametrize("overlay", ["regency", "national"])
def test_scaling_goes_by_the_groups_and_topics_that_are_read(overlay: str) -> None:
    readers = {"household": HOUSEHOLD, "eligibility": ELIGIBILITY, "gateway": GATEWAY}
    scaled = of_kind(overlay, "ScaledObject")
    assert set(scaled) == set(readers)
    for name, reader in readers.items():
        spec = scaled[name]["spec"]
        assert spec["maxReplicaCount"] == SHARDS
        assert spec["scaleTargetRef"]["name"] == name
        assert {trigger["metadata"]["consumerGroup"] for trigger in spec["triggers"]} == {reader}
        read = {topic for topic, services in CONSUMERS.items() if name in services and "programme" not in topic}
        assert {trigger["metadata"]["topic"] for trigger in spec["triggers"]} == read
        assert all(trigger["authenticationRef"]["name"] == name for trigger in spec["triggers"])
        login: Any = of_kind(overlay, "TriggerAuthentication")[name]["spec"]
        (container,) = workloads(overlay)[name]["spec"]["containers"]
        assert environment(container)[login["env"][0]["name"]] == name
        # What scales must not be set back by the next apply.
        assert "replicas" not in of_kind(overlay, "StatefulSet")[name]["spec"]
    assert of_kind(overlay, "StatefulSet")["registry-ingest"]["spec"]["replicas"] == 1


def declared_metrics() -> set[str]:
    names = set()
    for _, metric in inspect.getmembers(metrics):
        if isinstance(metric, Counter | Gauge | Histogram):
            names |= {sample for family in metric.describe() for sample in [family.name, f"{family.name}_total"]}
            names |= {f"{family.name}{end}" for family in metric.describe() for end in ("_bucket", "_sum", "_count")}
    return names


def anchors() -> set[str]:
    """The headings of the runbook as links name them: lower case, spaces to hyphens, punctuation gone."""
    headings = re.findall(r"(?m)^#+ (.+)$", (ROOT / "docs/runbook.md").read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_alarm_asks_for_a_metric_that_exists_and_leads_to_its_page() -> None:
    (rule,) = of_kind("regency", "PrometheusRule").values()
    alerts = [alert for group in rule["spec"]["groups"] for alert in group["rules"]]
    assert len({alert["alert"] for alert in alerts}) == len(alerts) >= 12
    known = declared_metrics() | set(OUTSIDE_METRICS)
    labels = {"reader", "topic", "source", "job", "namespace", "cluster", "feed", "reason", "work"}
    for alert in alerts:
        bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', "", alert["expr"])
        words = set(re.findall(r"[a-z_]{2,}", bare)) - labels
        functions = {"max", "min", "sum", "rate", "increase", "by", "time", "and", "or", "absent"}
        assert words - functions <= known, alert["alert"]
        assert words & known, alert["alert"]
        address, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        assert address.endswith("docs/runbook.md")
        assert anchor in anchors(), f"{alert['alert']}: {anchor}"


def test_what_the_alarms_must_cover() -> None:
    (rule,) = of_kind("regency", "PrometheusRule").values()
    asked = yaml.safe_dump(rule)
    for metric in (
        "padan_reader_stopped_shards", "padan_reader_lag", "padan_relay_lag", "padan_relay_leading",
        "padan_parked_rows", "padan_reader_breaker", "padan_reconciliation_differences",
        "padan_watermark_timestamp_seconds",
    ):  # fmt: skip
        assert metric in asked
    monitored = of_kind("regency", "ServiceMonitor")["padan"]["spec"]
    for service in SERVICES:
        found = of_kind("regency", "Service")[service]
        assert monitored["selector"]["matchLabels"].items() <= found["metadata"]["labels"].items()
        assert monitored["endpoints"][0]["port"] in {port["name"] for port in found["spec"]["ports"]}
