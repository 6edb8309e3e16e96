"""Write what the contract says of itself: schemas, the AsyncAPI document, docs/events.md and docs/command-fields.md.

`python -m padan_events.document`, in a checkout. The tests fail where a file is not what this would write.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from padan_events import asyncapi, schemas
from padan_events.command_fields import command_fields
from padan_events.handbook import handbook

_LIBRARY: Final = Path(__file__).resolve().parents[2]
_PROJECT: Final = _LIBRARY.parents[1]


def documents() -> dict[Path, bytes]:
    """By path, what each generated file must hold."""
    files = {_LIBRARY / "schemas" / name: text for name, text in schemas.documents().items()}
    examples = _examples()
    described = asyncapi.document(examples, version("padan-events"))
    files[_LIBRARY / "asyncapi.json"] = msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n"
    program = (_PROJECT / "tests/java/FactReader.java").read_text()
    files[_PROJECT / "docs/events.md"] = handbook(examples, program).encode()
    files[_PROJECT / "docs/command-fields.md"] = command_fields().encode()
    return files


def _examples() -> dict[str, dict[str, Any]]:
    """The golden files: bytes that the types are held to."""
    return {file.stem: json.loads(file.read_bytes()) for file in sorted((_LIBRARY / "tests/golden").glob("*.json"))}


def main() -> None:
    for path, text in documents().items():
        path.write_bytes(text)
        print(path.relative_to(_PROJECT))


if __name__ == "__main__":
    main()
