"""Every manifest of every overlay has the form its kind demands, and names no field that does not exist."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from manifests import OVERLAYS, ROOT, Manifest, build
from referencing import Registry, Resource

STRICT = Path(kubernetes_validate.__path__[0]) / "kubernetes-json-schema/v1.32.0-local-strict"
"""The oldest Kubernetes that the manifests are for (docs/deployment.md)."""


def closed(schema: Any) -> Any:
    """The same schema, refusing fields that an object does not name."""
    if isinstance(schema, dict):
        inner = {key: closed(value) for key, value in schema.items()}
        if schema.get("type") == "object" and "additionalProperties" not in schema:
            inner["additionalProperties"] = False
        return inner
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


def read_schemas() -> dict[tuple[str, str], jsonschema.Draft202012Validator]:
    found = {}
    for file in (ROOT / "tests/deployment/schemas").glob("*.yaml"):
        document = yaml.safe_load(file.read_text())
        for kind, schema in document["kinds"].items():
            whole = closed({**schema, "$defs": document.get("$defs", {})})
            jsonschema.Draft202012Validator.check_schema(whole)
            found[document["group"], kind] = jsonschema.Draft202012Validator(whole)
    return found


SCHEMAS = read_schemas()


def faults(manifest: Manifest) -> list[str]:
    """What is wrong with a manifest; the overlays share most of theirs, so each is looked at once."""
    return _faults(json.dumps(manifest))


@cache
def _faults(text: str) -> list[str]:
    manifest = json.loads(text)
    validator = SCHEMAS.get((manifest["apiVersion"], manifest["kind"]))
    if validator is not None:
        extra = set(manifest) - {"apiVersion", "kind", "metadata", "spec"}
        return [*map(str, extra), *(error.message for error in validator.iter_errors(manifest["spec"]))]
    return [error.message for error in built_in(manifest["apiVersion"], manifest["kind"]).iter_errors(manifest)]


@cache
def built_in(api_version: str, kind: str) -> jsonschema.Draft202012Validator:
    """The strict schema of a kind of Kubernetes' own, from the package `kubernetes-validate`."""
    group, _, version = api_version.rpartition("/")
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], version)))
    registry: Registry[Any] = definitions() @ Registry()
    schema = json.loads((STRICT / f"{name}.json").read_bytes())
    return jsonschema.Draft202012Validator(schema, registry=Resource.from_contents(schema) @ registry)


@cache
def definitions() -> Resource[Any]:
    return Resource.from_contents(json.loads((STRICT / "_definitions.json").read_bytes()))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_is_valid(overlay: str) -> None:
    found = {f"{m['kind']}/{m['metadata']['name']}": faults(m) for m in build(overlay)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert all(
        manifest["metadata"].get("namespace") == "padan" or manifest["kind"] in {"Namespace", "PriorityClass"}
        for manifest in build(overlay)
    )


@pytest.mark.parametrize("kind", ["Kafka", "Cluster", "ScaledObject", "PrometheusRule", "StatefulSet"])
def test_a_field_that_does_not_exist_is_found(kind: str) -> None:
    manifest = next(manifest for manifest in build("regency") if manifest["kind"] == kind)
    assert faults(manifest) == []
    assert faults({**manifest, "spec": {**manifest["spec"], "replicaz": 3}})


def test_every_schema_is_for_something_that_is_used() -> None:
    used = {(manifest["apiVersion"], manifest["kind"]) for overlay in OVERLAYS for manifest in build(overlay)}
    assert set(SCHEMAS) <= used
