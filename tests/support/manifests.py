"""The Kubernetes manifests as the real kustomize builds them, and what several tests ask of them."""

import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ("development", "regency", "national")
SERVICES = ("household", "registry-ingest", "eligibility", "gateway")
Manifest = dict[str, Any]


@lru_cache
def build(overlay: str) -> tuple[Manifest, ...]:
    """Everything that `kubectl apply -k deploy/k8s/overlays/OVERLAY` would send."""
    kubectl = Path(sys.executable).with_name("kubectl")
    built = subprocess.run(
        [kubectl, "kustomize", ROOT / "deploy/k8s/overlays" / overlay], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return tuple(yaml.load_all(built.stdout, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def of_kind(overlay: str, *kinds: str) -> dict[str, Manifest]:
    """The manifests of these kinds by name."""
    return {found["metadata"]["name"]: found for found in build(overlay) if found["kind"] in kinds}


def workloads(overlay: str) -> dict[str, Manifest]:
    """The pod templates of ours, by the name of what makes them."""
    return {name: of["spec"]["template"] for name, of in of_kind(overlay, "StatefulSet", "Deployment", "Job").items()}


def containers(template: Manifest) -> Iterator[Manifest]:
    """Every container of a pod, those that run before it included."""
    yield from template["spec"].get("initContainers", ())
    yield from template["spec"]["containers"]


def environment(container: Manifest) -> dict[str, Any]:
    """A container's variables: the value, or where it is taken from."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container.get("env", ())}
