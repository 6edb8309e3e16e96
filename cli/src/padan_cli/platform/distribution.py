"""Kafka and PostgreSQL from Maven Central, unpacked once under `.padan/dist` and shared by all instances."""

import fcntl
import hashlib
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from padan_cli.platform.errors import PlatformError
from padan_cli.platform.instance import project_root
from padan_cli.platform.kafka import Kafka
from padan_cli.platform.prerequisites import require_java, require_linux, require_maven

Progress = Callable[[str], None]


def install(folder: Path, progress: Progress) -> None:
    """Bring both servers into `folder`, or see by a stamp (the digest of the pom) that they are there.

    Raises `PlatformError` when Java or Maven is missing or too old, or the download fails.
    """
    require_linux()
    java, java_version = require_java()
    folder.mkdir(parents=True, exist_ok=True)
    pom = project_root() / "deploy/platform/pom.xml"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()
    archive = folder / f"kafka-{hashlib.sha256(java_version.encode()).hexdigest()[:16]}.jsa"
    stamp = folder / "pom.sha256"
    if _holds(stamp, digest) and archive.exists():
        return
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _holds(stamp, digest):
            stamp.unlink(missing_ok=True)
            for old in folder.glob("kafka-*.jsa"):
                old.unlink()
            _download(pom, folder, progress)
            stamp.write_text(digest)
        if not archive.exists():
            progress("preparing Kafka's classes (once)")
            _archive_classes(java, folder, archive)


def class_archive(folder: Path) -> Path | None:
    """The archive of Kafka's loaded classes, which halves the start of the broker; None when there is none."""
    return max(folder.glob("kafka-*.jsa"), key=lambda path: path.stat().st_mtime, default=None)


def _holds(stamp: Path, digest: str) -> bool:
    return stamp.exists() and stamp.read_text() == digest


def _download(pom: Path, folder: Path, progress: Progress) -> None:
    maven = require_maven()
    progress("downloading Kafka and PostgreSQL with Maven (once)")
    for part in ("kafka", "postgres", "postgres-archive"):
        shutil.rmtree(folder / part, ignore_errors=True)
    command = [str(maven), "-q", "-B", "-ntp", "-f", str(pom), f"-Ddist={folder}", "package"]
    log = folder / "maven.log"
    with log.open("wb") as output:
        result = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise PlatformError(
            "download_failed",
            f"Unduhan Kafka dan PostgreSQL gagal; lihat {log}.",
            f"The download of Kafka and PostgreSQL failed; see {log}.",
        )
    progress("unpacking PostgreSQL (once)")
    (txz,) = (folder / "postgres-archive").glob("*.txz")
    # Before 3.11.4 Python had no filters and did the same without asking for one.
    options: dict[str, Any] = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}
    with lzma.open(txz) as stream, tarfile.open(fileobj=stream) as tar:
        tar.extractall(folder / "postgres", **options)  # noqa: S202 - from the artifact that the pom pins
    shutil.rmtree(folder / "postgres-archive")
    shutil.rmtree(folder / "target", ignore_errors=True)


def _archive_classes(java: Path, folder: Path, archive: Path) -> None:
    """Run a broker once, on data that is thrown away, and let Java keep the classes it loaded."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        broker = Kafka(Path(scratch), folder, java=java)
        draft = archive.with_name(f"draft-{os.getpid()}")
        broker.run_once(draft)
        draft.replace(archive)
