"""Child processes find their code as in a container: where only PYTHONPATH says where it lies."""

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest
from padan_cli.platform.instance import project_root
from photos_given import photo

_OPENS: dict[str, str] = {
    "a sheet": "from padan_registry_ingest.reading.tables import Limits, read_list\n"
    "assert read_list(lambda: iter([content]), limits=Limits(3_000, 60)).height == 1",
    "a photo": "import asyncio\nfrom padan_registry_ingest.photos.developing import Darkroom\n"
    "assert asyncio.run(Darkroom().develop(lambda: content)).jpeg",
}


@pytest.mark.parametrize("what", list(_OPENS))
def test_a_child_is_told_where_the_code_lies(what: str, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True)  # without the .pth files by which this checkout is installed
    content = tmp_path / "content"
    content.write_bytes(b"NIK\n3318014107900001\n" if what == "a sheet" else photo(1))
    root = project_root()
    sources = [*root.glob("libs/*/src"), root / "services" / "registry-ingest" / "src"]
    path = os.pathsep.join([*map(str, sources), sysconfig.get_paths()["platlib"]])
    program = f"import sys\ncontent = open(sys.argv[1], 'rb').read()\n{_OPENS[what]}"
    ran = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", "-c", program, content],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2_000:]
