"""The Dockerfile as data: its stages, what each copies and says."""

import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
STAGE_TEXT = (ROOT / "Dockerfile").read_text()


class Instruction(NamedTuple):
    """One instruction: `COPY`, and all that follows it on the line."""

    name: str
    value: str


class Stage(NamedTuple):
    """One stage: its name, what it is made from (a stage or an image), and its own instructions in order."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]

    def all(self, name: str) -> list[str]:
        """The values of every instruction of that name."""
        return [value for instruction, value in self.instructions if instruction == name]


def stages(text: str) -> dict[str, Stage]:
    """The stages of a Dockerfile by name, in order."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    found: dict[str, Stage] = {}
    for line in filter(None, (line.strip() for line in joined.splitlines())):
        name, _, value = line.partition(" ")
        if name == "FROM":
            base, _, stage = value.partition(" AS ")
            found[stage] = Stage(stage, base, ())
        elif found:
            last = next(reversed(found.values()))
            found[last.name] = last._replace(instructions=(*last.instructions, Instruction(name, value.strip())))
    return found


def lineage(of: dict[str, Stage], name: str) -> list[Stage]:
    """The stage and those it is made from, the first one first."""
    stage = of[name]
    return [*(lineage(of, stage.base) if stage.base in of else []), stage]


def environment(of: dict[str, Stage], name: str) -> dict[str, str]:
    """What ENV says, from the first stage to this one."""
    pairs = (value for stage in lineage(of, name) for value in stage.all("ENV"))
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(pairs)))


def lay_out(of: dict[str, Stage], name: str, folder: Path) -> None:
    """Put the packages of an image into a folder, as its stage copies them."""
    copies = [copy.split() for stage in lineage(of, name) for copy in stage.all("COPY")]
    brought = {part for origin, *several, _ in copies if origin == "--from=sources" for part in several}
    for *several, target in (copy.split() for copy in of["sources"].all("COPY")):
        if target.rstrip("/") in brought:
            for source in several:
                shutil.copytree(ROOT / source, folder, dirs_exist_ok=True)


def included(patterns: list[str], path: str) -> bool:
    """Whether a .dockerignore lets `path` into the build: the last pattern that fits it, or a folder above, decides."""
    taken = True
    for pattern in patterns:
        inverted = pattern.startswith("!")
        fits = re.compile(re.escape(pattern.lstrip("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*"))
        if any(fits.fullmatch(part) for part in _with_parents(path)):
            taken = inverted
    return taken


def _with_parents(path: str) -> list[str]:
    pure = Path(path)
    return [str(pure), *(str(parent) for parent in pure.parents if str(parent) != ".")]


def compose() -> dict[str, Any]:
    """docker-compose.yml with its anchors resolved."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document
