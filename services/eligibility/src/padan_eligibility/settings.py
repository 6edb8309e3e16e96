"""Settings of eligibility, from the environment."""

from pathlib import Path

from padan_runtime.settings import ServiceSettings


class EligibilitySettings(ServiceSettings):
    """Beside what every service is told: where household answers (PADAN_HOUSEHOLD_URL), and the folder that Faust
    calls its data directory (PADAN_FOLDER)."""

    household_url: str
    folder: Path
