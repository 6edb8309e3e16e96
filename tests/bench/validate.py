"""validate_1m_csv, validate_1m_xlsx: a million recipients and their members, until every row has been judged.

With a register that answers at once, so that it is our own time; the memory of the service and of its children beside
it. The file is sent to registry-ingest itself: the way through the gateway is another measure's.
"""

import time
from pathlib import Path
from typing import Any

import httpx
from padan_cli.platform import Platform
from padan_cli.platform.instance import project_root
from padan_runtime.service_tokens import ServiceIdentity
from padan_simulators import pati
from padan_simulators.pati.many import WITHOUT_REGISTERS, ManyRows, write_many
from padan_simulators.pati.plan import expected
from process_memory import watched
from quick_registers import quick_registers

from bench.measure import Measure, say

ROWS = 1_000_000
_JUDGED = ("reading", "validating", "matching", "registering")
_LOOK_S = 0.5
_WITHIN_S = 1_800.0


def validate_1m_csv(platform: Platform) -> list[Measure]:
    """Seconds from the file's receipt to the verdict, a million rows as CSV."""
    many = _many()
    return _validate(platform, "csv", many, many.recipients, many.members)


def validate_1m_xlsx(platform: Platform) -> list[Measure]:
    """The same as XLSX, with as many members as a sheet holds."""
    many = _many()
    return _validate(platform, "xlsx", many, many.workbook)


def _many() -> ManyRows:
    return write_many(ROWS, project_root() / ".padan" / "many", say)


def _validate(platform: Platform, form: str, many: ManyRows, *files: Path) -> list[Measure]:
    instance = platform.instance
    pati.generate(1_000, folder=instance.folder / "data")  # the simulators start with it, and are not asked
    with quick_registers() as url:
        platform.stop("registry-ingest")
        instance.configure("registry-ingest", PADAN_CIVIL_REGISTRY_URL=url, PADAN_BARRED_REGISTER_URL=url)
        try:
            platform.up(only=["registry-ingest"], progress=lambda name, state: say(f"{name}: {state}"))
            pid = platform.pid("registry-ingest")
            assert pid is not None
            with watched(pid) as memory:
                found = _send(platform, *files)
        finally:
            platform.stop("registry-ingest")
            instance.configure("registry-ingest", PADAN_CIVIL_REGISTRY_URL="", PADAN_BARRED_REGISTER_URL="")
    _check(found, many.rows)
    seconds = {stage["stage"]: stage["seconds"] for stage in found["stages"]}
    name = f"validate_1m_{form}"
    return [
        Measure(name, sum(seconds[stage] for stage in _JUDGED), "s"),
        *(Measure(f"{name}_{stage}", took, "s") for stage, took in seconds.items()),
        Measure(f"peak_rss_validate_service_{form}", memory.service, "MB"),
        *(
            Measure(f"peak_rss_validate_child_{form}_{child.rsplit('.', 1)[1]}", peak, "MB")
            for child, peak in memory.children.items()
        ),
    ]


def _send(platform: Platform, *files: Path) -> dict[str, Any]:
    """The batch document once every row has been judged and written; a dry run, so that nothing is reported."""
    identity = ServiceIdentity("gateway", (platform.instance.secrets / "gateway.key.json").read_bytes())

    def headers() -> dict[str, str]:
        return {**identity.headers("registry-ingest"), "Padan-Actor": "user:bench", "Padan-Region": "3318"}

    with httpx.Client(base_url=platform.url("registry-ingest"), timeout=600) as http:
        opened = [path.open("rb") for path in files]
        answer = http.post(
            "/batches",
            files=dict(zip(("file", "members"), opened, strict=False)),
            data={"dry_run": "true"},
            headers=headers(),
        ).raise_for_status()
        address, begun, said = f"/batches/{answer.json()['upload_id']}", time.monotonic(), ""
        while True:
            found: dict[str, Any] = http.get(address, headers=headers()).raise_for_status().json()
            if found["state"] in ("dry_run_done", "failed"):
                return found
            progress = found["progress"]
            if progress["stage"] != said:
                said = progress["stage"]
                say(f"{time.monotonic() - begun:6.1f} s  {said}")
            assert time.monotonic() - begun < _WITHIN_S, f"not within {_WITHIN_S} s: {progress}"
            time.sleep(_LOOK_S)


def _check(found: dict[str, Any], rows: int) -> None:
    if found["state"] != "dry_run_done" or found["rows"] != rows:
        raise RuntimeError(f"{found['state']} with {found['rows']} rows: {found['problem']}")
    plan = expected().by_first_reason
    share = sum(plan[code] for code in WITHOUT_REGISTERS) / sum((expected().valid, *plan.values()))
    if abs(found["invalid"] - share * rows) > rows / 1_000:
        raise RuntimeError(f"{found['invalid']} invalid rows, not about {share * rows:.0f}: a wrong result has no time")
