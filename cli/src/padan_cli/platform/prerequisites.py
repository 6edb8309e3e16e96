"""What the machine must have: Linux on x86-64, Java 17 and, for the first download, Maven."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

from padan_cli.platform.errors import PlatformError

JAVA_MAJOR = 17
MAVEN_LEAST = (3, 6, 3)


def require_linux() -> None:
    """Raise `platform_unsupported` anywhere else than on Linux x86-64, for which the servers are built."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise PlatformError(
            "platform_unsupported",
            "Platform lokal hanya berjalan di Linux x86-64; di sistem lain gunakan Docker.",
            "The local platform runs on Linux x86-64 only; elsewhere use Docker.",
        )


def require_java() -> tuple[Path, str]:
    """The `java` on the PATH and its version text; raises `java_missing` or `java_too_old`."""
    found = shutil.which("java")
    if found is None:
        raise PlatformError(
            "java_missing",
            f"Java {JAVA_MAJOR} tidak ditemukan: pasang dengan `apt install openjdk-{JAVA_MAJOR}-jre-headless`.",
            f"Java {JAVA_MAJOR} is missing: install it with `apt install openjdk-{JAVA_MAJOR}-jre-headless`.",
        )
    text = _version_text([found, "-version"])
    match = re.search(r'version "(\d+)', text)
    if match is None or int(match[1]) < JAVA_MAJOR:
        version = match[1] if match else "?"
        raise PlatformError(
            "java_too_old",
            f"Java {version} terlalu lama: Kafka memerlukan Java {JAVA_MAJOR} atau lebih baru.",
            f"Java {version} is too old: Kafka needs Java {JAVA_MAJOR} or newer.",
        )
    return Path(found), text


def require_maven() -> Path:
    """The `mvn` on the PATH; raises `maven_missing` or `maven_too_old`."""
    found = shutil.which("mvn")
    if found is None:
        raise PlatformError(
            "maven_missing",
            "Maven tidak ditemukan: pasang dengan `apt install maven` (hanya untuk unduhan pertama).",
            "Maven is missing: install it with `apt install maven` (for the first download only).",
        )
    match = re.search(r"Apache Maven (\d+)\.(\d+)\.(\d+)", _version_text([found, "-v"]))
    if match is None or tuple(int(part) for part in match.groups()) < MAVEN_LEAST:
        least = ".".join(str(part) for part in MAVEN_LEAST)
        raise PlatformError(
            "maven_too_old",
            f"Maven terlalu lama: diperlukan {least} atau lebih baru.",
            f"Maven is too old: {least} or newer is needed.",
        )
    return Path(found)


def _version_text(command: list[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return result.stderr + result.stdout
