"""Settings of eligibility, from the environment."""

from pathlib import Path
from typing import Annotated

from padan_runtime.schema import Schema
from padan_runtime.settings import DatabaseSettings, ServiceSettings
from pydantic import Field

MIGRATIONS = ("padan_runtime", "padan_eligibility")


class EligibilitySettings(ServiceSettings):
    """Beside what every service is told: where household answers (PADAN_HOUSEHOLD_URL), and the folder that Faust
    calls its data directory (PADAN_FOLDER), and how many households a second are decided anew at most when a policy
    was published (PADAN_RECOMPUTE_PER_S), and how many days a tier has for a review (PADAN_REVIEW_DAYS)."""

    household_url: str
    folder: Path
    recompute_per_s: Annotated[float, Field(gt=0)] = 2_000
    review_days: Annotated[int, Field(gt=0, le=3_650)] = 30


def schemas(settings: DatabaseSettings) -> list[Schema]:
    """The service's one database."""
    return [Schema(settings.database_url, settings.database_owner_url, MIGRATIONS)]
