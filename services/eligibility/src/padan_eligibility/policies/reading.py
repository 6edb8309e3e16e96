"""Reading a policy document as a person wrote it (YAML): every fault with its line, and what is allowed there."""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_conditions import Text
from padan_eligibility.domain.policy_document import PolicyError, read_policy
from padan_eligibility.policies.allowing import Path, allowed_at

MOST_BYTES: Final = 262_144
"""Longer than any policy: what is longer is no policy."""

_FAULTS: Final = (
    (r"Object contains unknown field `(.+)`", "kolom `{0}` tidak dikenal", "the field `{0}` is not known"),
    (r"Object missing required field `(.+)`", "kolom `{0}` belum ada", "the field `{0}` is missing"),
    (r"Invalid (?:enum )?value '(.*)'", "`{0}` tidak dikenal", "`{0}` is not known"),
    (r"Expected `(.+?)`(?: (.+?))?, got `(.+)`", "harus `{0}` {1}, bukan `{2}`", "must be `{0}` {1}, not `{2}`"),
    (r"Expected `(.+?)` (.+)", "harus `{0}` {1}", "must be `{0}` {1}"),
    (r"a criterion is given twice", "kriteria ini ditulis dua kali", "this criterion is given twice"),
    (r"a key is given twice", "kunci urutan ini ditulis dua kali", "this key of the order is given twice"),
    (r"there is no component `(.+)`", "tidak ada komponen `{0}`", "there is no component `{0}`"),
    (
        r"component `(.+)` would show in every rank",
        "komponen `{0}` menanyakan lebih dari umur: nomor urut terbaca semua orang",
        "component `{0}` asks for more than age: ranks are in the clear",
    ),
    (r"a need is given twice", "sebuah kebutuhan ditulis dua kali", "a need is given twice"),
    (r"a component is given twice", "sebuah komponen ditulis dua kali", "a component is given twice"),
    (
        r"components are asked for, but none is given",
        "komponen diminta, tetapi tidak satu pun ditulis",
        "components are asked for, but none is given",
    ),
    (
        r"components are given, but the amount is fixed",
        "komponen ditulis, tetapi besarnya bantuan tetap",
        "components are given, but the amount is fixed",
    ),
    (r"to_years is below from_years", "`to_years` di bawah `from_years`", "`to_years` is below `from_years`"),
    (
        r"it is for the whole nation, but its owner is region `(.+)`",
        "pemilik program adalah daerah `{0}`: `region_in` harus ada di antara kriteria",
        "the programme's owner is region `{0}`: `region_in` must stand among the criteria",
    ),
    (
        r"region `(.+)` lies outside of its owner's, `(.+)`",
        "`{0}` di luar wilayah pemilik program (`{1}`)",
        "`{0}` lies outside of the region of the programme's owner (`{1}`)",
    ),
    (
        r"it ends before it begins",
        "`effective_until` sebelum `effective_from`",
        "`effective_until` is before `effective_from`",
    ),
    (r"groups lie deeper than (\d+) levels", "kelompok lebih dalam dari {0} tingkat", "groups deeper than {0} levels"),
)


class DocumentError(PolicyError):
    """A document that is no policy. `line` and `column` count from 1; `allowed` says what may stand there."""

    def __init__(self, line: int, column: int, fault: Text, allowed: tuple[str, ...] = ()) -> None:
        self.line, self.column, self.fault, self.allowed = line, column, fault, allowed
        super().__init__(f"{line}:{column}: {fault.en}")


def read_document(text: str) -> Policy:
    """The policy that a YAML document holds. Raises `DocumentError`."""
    if len(text.encode()) > MOST_BYTES:
        raise DocumentError(1, 1, Text("dokumen terlalu panjang", "the document is too long"), (f"{MOST_BYTES} B",))
    node = _composed(text)
    document = yaml.SafeLoader("").construct_document(node)
    try:
        return read_policy(document)
    except PolicyError as error:
        said, _, where = str(error).rpartition(" - at ")
        path = _path(where) if said else ()
        mark = _mark(node, path)
        raise DocumentError(
            mark.line + 1, mark.column + 1, _in_words(said or str(error)), allowed_at(document, path)
        ) from error


def place_of(text: str, where: str) -> tuple[int, int]:
    """Line and column, from 1, to which a path such as `$.criteria[0].bound` leads in a document."""
    mark = _mark(_composed(text), _path(where))
    return mark.line + 1, mark.column + 1


def _composed(text: str) -> yaml.Node:
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                # A few lines of aliases to aliases unfold into gigabytes.
                raise _at(event.start_mark, Text("rujukan (*) tidak diperbolehkan", "references (*) are not allowed"))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        fault = Text(f"bukan YAML yang benar ({error.problem})", f"not valid YAML ({error.problem})")
        raise DocumentError(1, 1, fault) if mark is None else _at(mark, fault) from error
    except yaml.YAMLError as error:
        raise DocumentError(1, 1, Text("bukan YAML yang benar", "not valid YAML")) from error
    if node is None:
        raise DocumentError(1, 1, Text("dokumen kosong", "the document is empty"))
    for key in _repeated(node):
        raise _at(key.start_mark, Text(f"kolom `{key.value}` ditulis dua kali", f"`{key.value}` is given twice"))
    return node


def _at(mark: Any, fault: Text) -> DocumentError:
    return DocumentError(mark.line + 1, mark.column + 1, fault)


def _repeated(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Keys that stand twice in one mapping: YAML would keep the last, and nobody would know."""
    if isinstance(node, yaml.MappingNode):
        seen: set[object] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key
                seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)


def _path(where: str) -> Path:
    """The parts of a path such as `$.criteria[0].bound`."""
    return tuple(
        int(index) if index else name for name, index in re.findall(r"\.([A-Za-z_0-9]+)|\[(\d+)\]", where.strip("`"))
    )


def _mark(node: yaml.Node, path: Path) -> Any:
    """Where in the text a path leads, as far as it exists."""
    for part in path:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
        if found is None:
            break
        node = found
    return node.start_mark


def _in_words(said: str) -> Text:
    for pattern, words_id, words_en in _FAULTS:
        found = re.fullmatch(pattern, said)
        if found:
            parts = [part or "" for part in found.groups()]
            return Text(_tidy(words_id.format(*parts)), _tidy(words_en.format(*parts)))
    return Text(f"tidak dapat dibaca ({said})", said)


def _tidy(words: str) -> str:
    return re.sub(r" +", " ", words).replace(" ,", ",")
