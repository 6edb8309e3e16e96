"""`python -m padan_eligibility.facts_page`: print what policies may ask for as Markdown (docs/facts.md)."""

import inspect as introspection
import sys
from typing import Final, get_args

import msgspec

from padan_eligibility.domain import policy
from padan_eligibility.policies.allowing import fields_of

_FROM: Final[dict[type[msgspec.Struct], str]] = {
    policy.StateNotIn: "the household's events that change its state",
    policy.DecileAtMost: "`welfare_ranked`",
    policy.DecileAtLeast: "`welfare_ranked`",
    policy.RegionIn: "every event of the household (in the clear: the regency)",
    policy.SizeAtLeast: "`proposed`, `member_added`, `member_died` and transfers",
    policy.SizeAtMost: "`proposed`, `member_added`, `member_died` and transfers",
    policy.Holds2022: "`circumstances_assessed` (sealed)",
    policy.HoldsBps: "`circumstances_assessed` (sealed)",
    policy.Count2022: "`circumstances_assessed` (sealed)",
    policy.CountBps: "`circumstances_assessed` (sealed)",
    policy.MembersAtLeast: "the members' sealed facts",
    policy.ComponentsAtLeast: "the members' sealed facts",
    policy.AgeWithin: "birth date; not known where there is none",
    policy.Attends: "school",
    policy.Pregnant: "pregnancy",
    policy.SevereDisability: "severe disability",
    policy.DisabilityAnyOf: "kinds of disability",
    policy.SexIs: "sex; not known where there is none",
}


def page() -> str:
    """Markdown of the closed list."""
    return f"""# What policies may ask for

Generated from `padan_eligibility.domain.policy` by `python -m padan_eligibility.facts_page`; a test keeps them equal.
A policy is a YAML document; what it asks for must stand here, and a document that asks for anything else is refused
when it is read, with its line. `padan policy check FILE` tells before anybody publishes it.

Every criterion holds, fails, or is **not known**; what is not known is never taken for a "no". A policy's `criteria`
must all hold. One that fails decides, whatever else is not known; else one that is not known leaves the decision
`undetermined`, which names what is missing.

## Criteria of a household (`criterion:`)

{_table("criterion", get_args(policy.Leaf))}
## Groups of criteria

{_table("criterion", get_args(policy.Group))}
## Conditions on a member (`fact:`, in `when:`)

{_table("fact", get_args(policy.Simple))}
## Groups of conditions

{_table("fact", get_args(policy.MemberGroup))}
## An example

```yaml
criteria:
  - {{criterion: state_not_in, states: [rejected, withdrawn, deactivated]}}
  - {{criterion: region_in, regions: ["3318"]}}
  - criterion: any_of
    criteria:
      - {{criterion: decile_at_most, bound: 2}}
      - {{criterion: poverty_2022, code: no_shelter}}
      - criterion: members_at_least
        bound: 1
        name: {{id: lansia 60 tahun ke atas, en: persons of 60 or more}}
        when: {{fact: age_within, from_years: 60}}
```
"""


def _table(tag: str, structs: tuple[type[msgspec.Struct], ...]) -> str:
    rows = [
        f"| `{struct.__struct_config__.tag}` | {_fields(struct)} | {_meaning(struct)} |"
        + (f" {_FROM[struct]} |" if struct in _FROM else " |")
        for struct in structs
    ]
    return f"| {tag} | fields | meaning | known from |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _fields(struct: type[msgspec.Struct]) -> str:
    return "<br>".join(f"{name}: {said}" for name, said in fields_of(struct))


def _meaning(struct: type[msgspec.Struct]) -> str:
    return " ".join((introspection.getdoc(struct) or "").split())


def main() -> None:
    sys.stdout.write(page())


if __name__ == "__main__":
    main()
