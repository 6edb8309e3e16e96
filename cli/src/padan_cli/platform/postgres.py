"""The PostgreSQL server of an instance: its cluster, its configuration, the command that runs it.

PostgreSQL refuses to run as root, so as root it is started as the machine's `postgres` user, or `nobody`; an
ordinary user starts it as himself.
"""

import os
import pwd
import shutil
import string
import subprocess
from collections.abc import Mapping
from pathlib import Path

from padan_cli.platform.errors import PlatformError

SUPERUSER = "padan"


class Postgres:
    """A server with its data in `folder`, run from the binaries in `servers`; it listens on 127.0.0.1 only."""

    def __init__(self, folder: Path, servers: Path) -> None:
        self.folder = folder
        self._binaries = servers / "postgres/bin"
        self._data = folder / "data"
        self._user = _user_for_server() if os.geteuid() == 0 else None

    def create(self, password: str, environment: Mapping[str, str]) -> None:
        """Create the cluster with its superuser unless it exists. Raises `postgres_init_failed`."""
        if self._data.exists():
            return
        # Beside its place first: an initdb that was killed half-way must not pass for a cluster.
        draft, password_file = self.folder / "data.draft", self.folder / "password.draft"
        shutil.rmtree(draft, ignore_errors=True)
        self._own(self.folder)
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        self._own(password_file)
        locale = ["-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = ["-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}"]
        command = self._as_user("initdb", "-D", str(draft), *access, *locale, "--data-checksums")
        result = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
        password_file.unlink()
        if result.returncode != 0:
            raise PlatformError(
                "postgres_init_failed",
                f"Basis data PostgreSQL tidak dapat dibuat: {result.stderr.strip()[-500:]}",
                f"PostgreSQL's cluster could not be created: {result.stderr.strip()[-500:]}",
            )
        draft.rename(self._data)

    def configure(self, port: int) -> None:
        """Write the configuration anew, so that a changed template or port holds from the next start."""
        template = Path(__file__).resolve().parents[4] / "deploy/platform/postgresql.conf"
        path = self._data / "postgresql.conf"
        path.write_text(string.Template(template.read_text()).substitute(port=port))
        self._own(path)

    def command(self) -> list[str]:
        """The command that runs the server in the foreground, under the right user."""
        return self._as_user("postgres", "-D", str(self._data))

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        command = [str(self._binaries / program), *arguments]
        if self._user is None:
            return command
        options = [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        if not (_is_reachable(self._binaries) and _is_reachable(self.folder)):
            # Below a closed home (0700) only this capability lets another user read.
            options += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
            # initdb asks by access(2), which for all but root forgets capabilities unless this bit is set.
            options.append("--securebits=+no_setuid_fixup")
        return ["setpriv", *options, *command]


def _user_for_server() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PlatformError(
        "no_user_for_postgres",
        "PostgreSQL tidak boleh berjalan sebagai root dan pengguna `postgres` atau `nobody` tidak ada.",
        "PostgreSQL must not run as root, and there is neither a user `postgres` nor `nobody`.",
    )


def _is_reachable(folder: Path) -> bool:
    """Whether every folder above is open to all."""
    return all(parent.stat().st_mode & 0o001 for parent in folder.parents)
