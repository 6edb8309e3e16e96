"""A town: every service with two processes of each kind, and a run from the first report until all is at rest."""

from padan_events import Event
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS, INTAKE, OUTCOMES

from simulation import checks
from simulation.commands import Mover, Sender
from simulation.processes import World
from simulation.reader import Group, Handler, Reader
from simulation.readers import Facts, Outcomes, Views
from simulation.register import Deciding
from simulation.relay import Relay
from simulation.servers import SHARDS, Database, Kafka, Place

TOPICS = {
    "ingest": [INTAKE.name],
    "household": [HOUSEHOLD_EVENTS.name, OUTCOMES.name],
    "eligibility": [ELIGIBILITY_EVENTS.name],
    "gateway": [],
}
_COMMANDS, _MOVES = 24, 8
_CALM_STEPS = 6_000
_LOOKS = 2


class ViolationError(AssertionError):
    """What the oracle found, with the seed that shows it again."""


class Town:
    """One seed."""

    def __init__(self, seed: int, *, without: frozenset[str] = frozenset()) -> None:
        self.seed = seed
        world = self.world = World(seed, without=without)
        world.kafka = Kafka([topic for topics in TOPICS.values() for topic in topics])
        bases = {name: Database(f"/padan/{name}", topics) for name, topics in TOPICS.items()}
        world.databases = bases
        self._sender = Sender(world, "ingest", bases["ingest"], _COMMANDS)
        self._mover = Mover(world, "mover", bases["household"], _MOVES)
        world.processes += [self._sender, self._mover]
        world.processes += [
            Relay(world, f"{name} relay {each}", base) for name, base in bases.items() if TOPICS[name] for each in "ab"
        ]
        handlers: dict[str, tuple[str, list[str], Handler]] = {
            "household.intake": ("household", TOPICS["ingest"], Deciding(world, bases["household"])),
            "ingest.outcomes": ("ingest", [OUTCOMES.name], Outcomes(bases["ingest"])),
            "eligibility.facts": ("eligibility", [HOUSEHOLD_EVENTS.name], Facts(world, bases["eligibility"])),
            "gateway.views": (
                "gateway",
                [HOUSEHOLD_EVENTS.name, ELIGIBILITY_EVENTS.name],
                Views(world, bases["gateway"]),
            ),
        }
        self.groups: list[tuple[Group, str]] = []
        for name, (base, topics, handler) in handlers.items():
            group = Group(world, name, topics)
            world.processes += [Reader(world, f"{name} {each}", group, bases[base], handler) for each in "ab"]
            group.rebalance()
            self.groups.append((group, base))
        world.rebalance = self._rebalance

    def run(self, steps: int = 1_200) -> None:
        """Chaos for so many steps, looked at now and then; then calm until everything rests; then the oracle.

        Raises `ViolationError`.
        """
        try:
            for part in range(_LOOKS):
                self.world.run(steps * (part + 1) // _LOOKS - steps * part // _LOOKS)
                checks.at_any_moment(self)
            self.world.wake_all()
            for group, _ in self.groups:
                group.rebalance()
            until = self.world.now + _CALM_STEPS
            while not self.at_rest():
                if self.world.now > until:
                    raise AssertionError(f"never comes to rest: {self._unfinished()}")
                self.world.run(50)
            checks.at_rest(self)
        except AssertionError as error:
            without = "".join(f" --without '{each}'" for each in sorted(self.world.without))
            raise ViolationError(
                f"{error}\nShow it: python -m simulation --seed {self.seed} --steps {steps}{without} -v"
            ) from error

    def at_rest(self) -> bool:
        """Whether nothing is left to be sent or read."""
        return self._sender.finished and self._mover.finished and not self._unfinished()

    def _unfinished(self) -> list[str]:
        behind = []
        for name, base in self.world.databases.items():
            cursor = base.table("cursor")
            behind += [
                f"relay of {name}, {topic}/{shard}"
                for topic, log in base.logs.items()
                for shard in range(SHARDS)
                if cursor.get((topic, shard), 0) < len(log[shard])
            ]
        for group, owner in self.groups:
            places = self.world.databases[owner].table("place")
            behind += [
                f"{group.name}, {shard[0]}/{shard[1]}"
                for shard in group.shards
                if places.get((group.name, shard), Place()).pos != len(self.log(*shard))
            ]
        return behind

    def log(self, topic: str, shard: int) -> list[Event]:
        """The committed events of a shard, wherever they are stored."""
        owner = next(base for name, base in self.world.databases.items() if topic in TOPICS[name])
        return owner.logs[topic][shard]

    def _rebalance(self) -> str:
        group, _ = self.world.random.choice(self.groups)
        group.rebalance()
        return f"{group.name} is given out anew"
