"""The pages every service has, served by Faust's own web server."""

import asyncio
from typing import Any

import faust
import msgspec
from padan_runtime.http import Health, Progress
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


def serve_pages(app: faust.App, health: Health, progress: Progress) -> None:
    """Add /livez, /readyz, /metrics and /progress. Health and progress ask PostgreSQL, so they do it in threads."""

    async def livez(web: Any, _request: Any) -> Any:
        return _json(web, {"live": True})

    async def readyz(web: Any, _request: Any) -> Any:
        ready, each = await asyncio.to_thread(health.read)
        return _json(web, {"ready": ready, "conditions": each}, 200 if ready else 503)

    async def metrics(web: Any, _request: Any) -> Any:
        return web.bytes(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def read_progress(web: Any, _request: Any) -> Any:
        return _json(web, await asyncio.to_thread(progress.read))

    for path, page in (("/livez", livez), ("/readyz", readyz), ("/metrics", metrics), ("/progress", read_progress)):
        app.page(path)(page)


def _json(web: Any, document: Any, status: int = 200) -> Any:
    return web.bytes(msgspec.json.encode(document), content_type="application/json", status=status)
