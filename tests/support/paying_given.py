"""A regency with a programme of its own, families that hold places in it, and everybody who pays them."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import polars as pl
import psycopg
from journeys import Stack
from oracle import come_to_rest, query, wait_until
from padan_events.local_date import local_date
from padan_gateway.regions import villages_of
from village_given import Village, a_recipient

REGENCY = "3403"
"""A regency of which no other test has families."""
PROGRAMME, STAGE, BANK = "aid_of_gunungkidul", "2026-T1", "bank-gunungkidul"
YEAR_IDR, STAGE_IDR = 2_400_000, 600_000
WITHIN_S = 120.0
POLICY = f"""programme: {PROGRAMME}
version: "2026.1"
effective_from: {{day}}
name: {{{{id: Bantuan Gunungkidul, en: Aid of Gunungkidul}}}}
owner: "{REGENCY}"
source: invented for this test
place_needs: determined
criteria:
  - {{{{criterion: region_in, regions: ["{REGENCY}"]}}}}
  - {{{{criterion: household_size_at_least, bound: 1}}}}
amount: {{{{reckoned: fixed, annual_idr: {YEAR_IDR}}}}}
"""


def today() -> date:
    """The local date there."""
    return local_date(datetime.now(UTC), REGENCY)


def yesterday() -> date:
    """The day before."""
    return today() - timedelta(days=1)


def adults(stack: Stack, folder: Path, number: int) -> list[dict[str, Any]]:
    """Whom the civil registry knows, no register bars, and who is grown up."""
    batch = stack.invent(120, folder)
    barred = pl.read_parquet(batch.barred_register / "people.parquet")["nik"].to_list()
    known = pl.read_parquet(batch.civil_registry / "people.parquet").filter(
        (pl.col("status") == "active") & (pl.col("birth_date") < pl.date(1995, 1, 1)) & ~pl.col("nik").is_in(barred)
    )
    return [
        {"name": one["name"], "nik": one["nik"], "birth_date": str(one["birth_date"]), "sex": one["sex"]}
        for one in known[:number].to_dicts()
    ]


class Regency:
    """Families of the regency, and requests about what they are paid."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.village = stack, Village(stack, villages_of(REGENCY)[0])

    def family(self, *members: dict[str, Any]) -> str:
        """A family that went the whole way to being determined."""
        return a_recipient(self.village, *members)[0]

    def send(
        self, path: str, body: Any = None, *, role: str = "programme_owner", subject: str = "", key: str | None = None
    ) -> httpx.Response:
        """A request of somebody with this role."""
        region = "ID" if role in {"paying_bank", "ministry"} else REGENCY
        with self.stack.http(role, region, subject=subject or role) as http:
            headers = {"Idempotency-Key": key or str(uuid4()), "Padan-Purpose": "verification"}
            return http.post(path, json=body, headers=headers, timeout=WITHIN_S)

    def done(self, path: str, body: Any = None, **who: Any) -> Any:
        """The answer of a request that succeeds."""
        answer = self.send(path, body, **who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, *, role: str = "auditor", subject: str = "", purpose: str | None = None) -> Any:
        """What somebody with this role reads."""
        region = "ID" if role in {"paying_bank", "auditor"} else REGENCY
        with self.stack.http(role, region, subject=subject or role) as http:
            answer = http.get(path, headers={} if purpose is None else {"Padan-Purpose": purpose})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def offers(self, places: int) -> None:
        """The programme, with so many places."""
        with self.stack.http("programme_owner", REGENCY, "sari") as sari:
            drafted = sari.post("/v1/policies", content=POLICY.format(day=today()).encode())
            assert drafted.status_code == 201, drafted.text
        with self.stack.http("programme_owner", REGENCY, "budi") as budi:
            for step, body in (("review", {"digest": drafted.json()["digest"]}), ("publish", None)):
                answer = budi.post(f"/v1/policies/{PROGRAMME}/2026.1/{step}", json=body)
                assert answer.status_code == 200, answer.text
        self.done("/v1/quotas", {"programme": PROGRAMME, "regency": REGENCY, "places": places})

    def holds(self, household: str) -> bool:
        """Whether a family holds a place."""
        seen = self.get(f"/v1/households/{household}/eligibility", role="social_office")
        return any((one["programme"], one["status"]) == (PROGRAMME, "held") for one in seen["places"])

    def closed_stage(self, households: list[str]) -> str:
        """The first stage, closed once all of these hold a place."""
        wait_until(lambda: all(map(self.holds, households)), "every family holds a place")
        stage = {"kind": "disbursement_stage", "name": STAGE, "programme": PROGRAMME}
        period: str = self.done("/v1/periods", stage)["period_id"]
        closed = self.done(f"/v1/periods/{period}/close")["closed"]
        assert (closed["families"], closed["amount_idr"]) == (len(households), STAGE_IDR * len(households))
        return period

    def dies(self, nik: str, on: date, kind: str = "death") -> None:
        """The civil registry tells of a death, or takes it back."""
        answer = httpx.post(
            f"{self.stack.platform.url('civil-registry')}/simulator/feed",
            json={"events": [{"kind": kind, "nik": nik, "on": on.isoformat()}]},
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()

    def rest(self) -> None:
        """Everything that was told has come everywhere."""
        come_to_rest(self.stack.platform)

    def killed_over(self, table: str, what: Callable[[], httpx.Response]) -> None:
        """A request is given while nobody can write a table, and eligibility is killed over it: it is answered 503."""
        platform, answers = self.stack.platform, list[httpx.Response]()
        with psycopg.connect(platform.database_url("eligibility", "padan")) as held:
            held.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
            giver = threading.Thread(target=lambda: answers.append(what()))
            giver.start()
            waits = (
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'eligibility' "
                "AND wait_event = 'relation'"
            )
            wait_until(lambda: bool(query(platform, "eligibility", waits)), f"somebody waits to write {table}")
            platform.kill("eligibility")
            giver.join()
        assert answers[0].status_code == 503, answers[0].text
        platform.wait_ready("eligibility")


class PaymentList:
    """A payment list, as those who have to do with it see it."""

    def __init__(self, regency: Regency, list_id: str) -> None:
        self.regency, self.id, self.path = regency, list_id, f"/v1/payment-lists/{list_id}"

    def lines(self, **asked: Any) -> list[dict[str, Any]]:
        """All lines, as the bank sees them."""
        more = "".join(f"&{name}={value}" for name, value in asked.items())
        found: list[dict[str, Any]] = []
        cursor: int | None = 0
        while cursor is not None:
            address = f"{self.path}/lines?limit=3&cursor={cursor}{more}"
            page = self.regency.get(address, role="paying_bank", subject=BANK)
            found += page["lines"]
            cursor = page["next_cursor"]
        return found

    def of(self, household: str) -> dict[str, Any]:
        """A family's line."""
        (line,) = self.lines(household_id=household)
        return line

    def told(self, *results: dict[str, Any], subject: str = BANK) -> list[dict[str, Any]]:
        """What became of what the bank tells."""
        rows = [{"on": today().isoformat(), **one} for one in results]
        answer = self.regency.done(f"{self.path}/results", {"results": rows}, role="paying_bank", subject=subject)
        answered: list[dict[str, Any]] = answer["results"]
        return answered

    def pays(self, household: str, **more: Any) -> str:
        """The bank tells that a family was paid: `taken`, or the code of the refusal."""
        result = {"line": self.of(household)["line"], "status": "paid", "amount_idr": STAGE_IDR, **more}
        (one,) = self.told(result)
        return str(one["code"] or one["answer"]) if "code" in one else str(one["answer"])

    def order(self, key: str | None = None) -> Any:
        """The programme's owner orders what can be paid."""
        return self.regency.done(f"{self.path}/order", key=key)

    def totals(self) -> dict[str, int]:
        """Lines by status, once they are seen to sum to the whole list, and amounts with them."""
        found = self.regency.get(self.path)
        assert sum(one["lines"] for one in found["totals"].values()) == found["lines"]
        assert sum(one["amount_idr"] for one in found["totals"].values()) == found["amount_idr"]
        return {status: one["lines"] for status, one in found["totals"].items() if one["lines"]}
