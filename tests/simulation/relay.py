"""A relay: sends what stands in logs, in order, at least once; the cursor follows the acknowledgements."""

from collections import deque
from collections.abc import Sequence

from padan_events import Event

from simulation.processes import Process, World
from simulation.servers import SHARDS, Database, Steps

_PER_SHARD = 4
Shard = tuple[str, int]


class _FailedError(Exception):
    """A send was not acknowledged: close the producer, begin again from the cursor."""


class _LostLeadError(Exception):
    """Another relay leads."""


class Relay(Process):
    """One of two relays of a database; the one that holds the lock leads."""

    def __init__(self, world: World, name: str, database: Database) -> None:
        super().__init__(world, name)
        self._database = database
        self._cursor: dict[Shard, int] = {}
        self._sent: dict[Shard, int] = {}

    def main(self) -> Steps:
        """Lead if nobody does, then relay until something goes wrong, again and again."""
        while True:
            try:
                yield from self._lead()
                while True:
                    try:
                        yield from self._relay()
                    except _FailedError:
                        yield "begins again from the cursor"
            except _LostLeadError:
                yield "has lost the lead and ends"

    def _lead(self) -> Steps:
        leaders = self._database.table("leader")
        while leaders.get("relay", self) is not self:
            leader = leaders["relay"]
            # The connection of one that ended is gone at once; that of a sleeper when the server gives it up.
            gone = leader._steps is None or (leader.asleep_until > self.world.now and self.world.chance(0.2))
            if gone:
                break
            yield "waits for the lead"
        leaders["relay"] = self
        yield "leads"

    def _check_lead(self) -> None:
        if self._database.table("leader").get("relay") is not self:
            raise _LostLeadError

    def _relay(self) -> Steps:
        self._check_lead()
        cursor = self._database.table("cursor")
        shards = [(topic, shard) for topic in self._database.logs for shard in range(SHARDS)]
        self._cursor = {shard: cursor.get(shard, 0) for shard in shards}
        self._sent = dict(self._cursor)
        under_way: deque[tuple[dict[Shard, int], list[bool]]] = deque()
        while True:
            yield "reads tails"
            self._check_lead()
            runs = self._tails()
            if runs:
                acknowledged: list[bool] = []
                if not self.world.has("cursor after acknowledgement"):
                    cursor.update({shard: run[-1].pos for shard, run in runs.items()})
                for shard, run in runs.items():
                    yield f"sends {shard[0]}/{shard[1]} {run[0].pos}-{run[-1].pos}"
                    acknowledged.append(self._send(shard, run))
                    self._sent[shard] = run[-1].pos
                under_way.append(({shard: run[-1].pos for shard, run in runs.items()}, acknowledged))
            if under_way and (len(under_way) > 1 or not runs):
                yield "awaits acknowledgements"
                reached, acknowledged = under_way.popleft()
                if not all(acknowledged):
                    raise _FailedError
                yield "saves the cursor"
                self._check_lead()
                cursor.update(reached)

    def _tails(self) -> dict[Shard, Sequence[Event]]:
        return {
            (topic, shard): self._database.logs[topic][shard][sent : sent + _PER_SHARD]
            for (topic, shard), sent in self._sent.items()
            if len(self._database.logs[topic][shard]) > sent
        }

    def _send(self, shard: Shard, run: Sequence[Event]) -> bool:
        """Whether it was acknowledged. Without that it may have arrived, or not; what is sent next may arrive all the
        same: so come the holes that heal."""
        acknowledged = not self.world.chance(0.06)
        if acknowledged or self.world.random.random() < 0.5:
            self.world.kafka.topics[shard[0]][shard[1]].extend(run)
        return acknowledged
