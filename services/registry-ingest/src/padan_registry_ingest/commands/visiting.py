"""What is brought home from a visit is validated, and its photos are looked up in the album."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from padan_events.commands import Fault
from padan_events.commands.verifying import FieldWork

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.visits import photo_faults, photos_of, visit_faults, with_found
from padan_registry_ingest.photos.album import Album


async def visited(command: FieldWork, album: Album) -> tuple[Any, list[Fault]]:
    """The command with what is known of its photos, and all that is wrong with it. Raises `Unavailable`."""
    faults, photos = visit_faults(command, datetime.now(UTC)), photos_of(command)
    if not photos:
        return command, faults
    known = {photo.photo_id: photo.kind for photo in await asyncio.to_thread(album.listed, command.household_id)}
    faults += photo_faults(photos, known)
    if faults:
        return command, faults
    try:
        facts = await album.facts(command.household_id, [photo.photo_id for photo in photos])
    except FileFault:  # its keys were destroyed: household says so
        return command, []
    return with_found(command, facts), []
