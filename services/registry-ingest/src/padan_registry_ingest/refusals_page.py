"""`python -m padan_registry_ingest.refusals_page`: print the catalogue of refusals as Markdown (docs/refusals.md)."""

import sys

from padan_registry_ingest.domain.refusals import CATALOGUE


def page() -> str:
    """Markdown of the whole catalogue."""
    rows = [
        f"| `{r.code}` | {r.status} | {r.id}<br>*{r.en}* | {r.next_id}<br>*{r.next_en}* |\n"
        for r in sorted(CATALOGUE, key=lambda refusal: refusal.code)
    ]
    return f"""# Why a command is refused

Generated from `padan_registry_ingest.domain.refusals` by `python -m padan_registry_ingest.refusals_page`; a test keeps
them equal. A refused command leaves no event. The answer is a problem document (RFC 9457): `code` is the first reason,
`reasons` lists all of them, each with the `field` it lies in. Codes are stable, and the same `Idempotency-Key` is
answered the same for ever.

| code | status | what is wrong | what to do |
|---|---|---|---|
{"".join(rows)}"""


def main() -> None:
    sys.stdout.write(page())


if __name__ == "__main__":
    main()
