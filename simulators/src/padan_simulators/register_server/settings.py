"""Settings of a register simulator, from the environment, and its refusal to run outside development."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal, NoReturn

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

CONFIGURATION_ERROR = 78
"""Exit status for settings that are wrong (EX_CONFIG of sysexits.h)."""


class RegisterSettings(BaseSettings):
    """PADAN_ENVIRONMENT, PADAN_HTTP_HOST, PADAN_HTTP_PORT and PADAN_FOLDER (the people's Parquet files)."""

    model_config = SettingsConfigDict(env_prefix="PADAN_", extra="ignore")

    environment: Literal["development", "production"]
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65_535)
    folder: Path


def settings_or_exit() -> RegisterSettings:
    """Read the settings; exit with status 78, naming the variable, when one is wrong or forbids running.

    A simulator invents people and can be told to fail: in production it would answer for the real registry.
    """
    try:
        settings = RegisterSettings.model_validate({})
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            variable = "PADAN_" + "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{variable}: {problem['msg']}", file=sys.stderr)
        _refuse("The settings are wrong. / Pengaturan salah.")
    if settings.environment != "development":
        _refuse(
            "PADAN_ENVIRONMENT: a register simulator runs in development only. / "
            "Simulator hanya boleh dijalankan untuk pengembangan."
        )
    return settings


def _refuse(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(CONFIGURATION_ERROR)
