"""`python -m padan_eligibility.facts_page`: print what policies may ask for as Markdown (docs/facts.md)."""

import inspect as introspection
import sys
from typing import Final, get_args

import msgspec

from padan_eligibility.domain import policy
from padan_eligibility.domain import policy_conditions as conditions
from padan_eligibility.domain import policy_order as order
from padan_eligibility.policies.allowing import fields_of
from padan_eligibility.programmes.problems import REASONS

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
    policy.RegisterMatch: "`review_opened`, `review_closed` (eligibility.events.v1)",
    policy.HoldsPlace: "`place_awarded`, `promoted`, `place_released` (eligibility.events.v1)",
    policy.HouseholdNeed: "`need_recorded` (sealed), `intervention_delivered`",
    conditions.HasNeed: "`need_recorded` (sealed), `intervention_delivered`",
    policy.ProposedFor: "`programme_proposed`, `resigned`",
    conditions.IdentityAgrees: "`identity_matched`, `identity_unmatched`, `conflict_resolved`; else not known",
    conditions.AgeWithin: "birth date; not known where there is none",
    conditions.Attends: "school; not known from the school year on in which nobody can be at that level any more",
    conditions.Pregnant: "pregnancy",
    conditions.SevereDisability: "severe disability",
    conditions.DisabilityAnyOf: "kinds of disability",
    conditions.Everyone: "the household's members",
    conditions.SexIs: "sex; not known where there is none",
}


def page() -> str:
    """Markdown of the closed list."""
    return f"""# What policies may ask for

Generated from `padan_eligibility.domain.policy` by `python -m padan_eligibility.facts_page`; a test keeps them equal.
A policy is a YAML document; what it asks for must stand here, and a document that asks for anything else is refused
when it is read, with its line. `padan policy check FILE` tells before anybody publishes it.

Every criterion holds, fails, or is **not known**; what is not known is never taken for a "no". A policy's `criteria`
must all hold. One that fails decides, whatever else is not known; else one that is not known leaves the decision
`undetermined`, which names what is missing. With its reasons each decision names the smallest change that would turn
it: the fewest facts, at most three, and of as many the nearest; none where no three would, or where members are counted
in more ways than one and none is sure to.

## Criteria of a household (`criterion:`)

{_table("criterion", get_args(policy.Leaf))}
## Groups of criteria

{_table("criterion", get_args(policy.Group))}
## Conditions on a member (`fact:`, in `when:`)

{_table("fact", get_args(conditions.Simple))}
## Groups of conditions

{_table("fact", get_args(conditions.MemberGroup))}
## Amounts (`amount:`, by `reckoned:`)

{_table("reckoned", (policy.FixedAmount, policy.AmountByComponents, policy.InKind))}
## The order of the waiting list (`order:`, by `by:`)

{_table("by", get_args(order.OrderBy))}
Who comes first is said by up to six keys, the first deciding; families that are equal by all of them, and all of a
policy without `order`, come by decile, criteria of 2022, date of determination and the household's id. Ranks stand in
the clear, so that everybody can check the order: a component that asks for more than age (sex, school, pregnancy,
disability, needs, a match of the identity) is refused there.

## Where and when a policy speaks

`owner` is a national body by its name (`ministry`, `bapanas`) or a province (2 digits) or regency or city (4 digits) by
its code. A region acts inside of itself only: its policy must have `region_in` among its criteria, and no `region_in`
anywhere in it may reach beyond. Of a family outside of a policy's `region_in` **nothing is decided**: it is not
refused, it has no decision. A family that was entitled and leaves is told so once. The same holds from the day after
`effective_until` on, the last day of a programme that ends; a policy without it goes on.

A policy may ask for nothing that no event carries, since nobody could ever know it.

## Needs

A need is one of the 26 kinds of people with social problems (PPKS), recorded of a member or of the whole family, until
an intervention met it ([commands](commands.md)). `answers_needs`, a list of kinds, says which needs a programme
answers: it is told with the policy and decides nothing.

## Places in other programmes

What excludes is said by `none_of` over `holds_place`. A place follows a decision, so no programme may come back to
itself: a document by which it would, by itself or through policies of others that are in force or will be, is refused
with its line and the circle (`policy_circular`), when it is drafted and once more when it is published. `padan policy
check` holds it against the policies that ship.

## Two people publish

A person of the programme's owner sends a document as a **draft** (`POST /v1/policies`, `padan policy draft`); somebody
else of the same owner reads it (`padan policy show`), agrees to it by its digest (`.../review`, `padan policy review`),
and publishes it (`.../publish`, `padan policy publish`). Another document for the same version takes the draft's place,
and needs a review of its own. A published version never changes; what it decides begins on `effective_from`. Of the
owner is a `programme_owner` of that very region, or one for the nation (`ID`); of the ministry's programmes the
`ministry` too. The policies that come with the system are published by itself when it starts. On the local platform:

```
cp services/eligibility/src/padan_eligibility/policies/sembako.yaml my.yaml
                                                  # edit it: a new version, such as "2027.1", and effective_from
padan policy check my.yaml
padan policy draft my.yaml --subject rini --region ID --role ministry         # prints the digest
padan policy show sembako 2027.1                                              # what budi reads, with its digest
padan policy review sembako 2027.1 DIGEST --subject budi --region ID --role ministry
padan policy publish sembako 2027.1 --subject budi --region ID --role ministry
```

| code | status | what is wrong | what to do |
|---|---|---|---|
{_reasons()}
A document that is no policy is refused as `policy_invalid` (422) with `line`, `column`, the fault in both languages and
what is `allowed` there.

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


def _reasons() -> str:
    rows = (
        f"| `{code}` | {status} | {wrong.id}<br>*{wrong.en}* | {todo.id}<br>*{todo.en}* |\n"
        for code, (status, wrong, todo) in sorted(REASONS.items())
    )
    return "".join(rows)


def _table(tag: str, structs: tuple[type[msgspec.Struct], ...]) -> str:
    rows = [
        f"| `{struct.__struct_config__.tag}` | {_fields(struct)} | {_meaning(struct)} |"
        + (f" {_FROM[struct]} |" if struct in _FROM else " |")
        for struct in structs
    ]
    table = f"| {tag} | fields | meaning | known from |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    return table if set(structs) & _FROM.keys() else _without_last_column(table)


def _without_last_column(table: str) -> str:
    return "".join(f"{line.removesuffix('|').rpartition('|')[0]}|\n" for line in table.splitlines())


def _fields(struct: type[msgspec.Struct]) -> str:
    return "<br>".join(f"{name}: {said}" for name, said in fields_of(struct))


def _meaning(struct: type[msgspec.Struct]) -> str:
    return " ".join((introspection.getdoc(struct) or "").split())


def main() -> None:
    sys.stdout.write(page())


if __name__ == "__main__":
    main()
