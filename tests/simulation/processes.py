"""Processes that can end, sleep and be started again at any step; and the seeded scheduler that decides which goes."""

from collections.abc import Callable
from random import Random

from simulation.servers import ConflictError, Database, Kafka, Steps, Transaction

PROTECTIONS = frozenset(
    {
        "position check",
        "cursor after acknowledgement",
        "claims in the transaction",
        "unique claims",
        "repeat dropping",
        "hole waiting",
        "view and place together",
        "seek after a lost check",
        "one outcome a report",
        "membership sequence",
    }
)
"""What can be switched off, to see that the oracle notices."""
_KILLED, _ASLEEP, _GIVEN_OUT_ANEW = 0.012, 0.008, 0.006
"""How often, a step, a process is killed or falls asleep, or the shards of a group are given out anew."""


class Process:
    """Something that runs in steps. Its memory is gone when it ends; the server rolls its transactions back."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.asleep_until = 0
        self._steps: Steps | None = None
        self._transactions: list[Transaction] = []

    def main(self) -> Steps:
        """What it does from its start on; never ends by itself."""
        raise NotImplementedError

    def forget(self) -> None:
        """Memory of the life before."""

    def begin(self, database: Database) -> Transaction:
        """A transaction, which the end of this process rolls back."""
        transaction = Transaction(database)
        self._transactions.append(transaction)
        return transaction

    def step(self) -> str:
        """One step; answers what it is about to do next."""
        if self._steps is None:
            self.forget()
            self._steps = self.main()
        return next(self._steps)

    def end(self) -> None:
        """kill -9."""
        if self._steps is not None:
            self._steps.close()
        self._steps = None
        self.roll_back()

    def roll_back(self) -> None:
        """Whatever transaction it has open."""
        for transaction in self._transactions:
            transaction.roll_back()
        self._transactions.clear()


class World:
    """The servers, the processes, and one source of chance for everything."""

    def __init__(self, seed: int, *, without: frozenset[str] = frozenset()) -> None:
        unknown = without - PROTECTIONS
        if unknown:
            raise ValueError(f"no protection is called {', '.join(sorted(unknown))}")
        self.random, self.without = Random(seed), without
        self.databases: dict[str, Database] = {}
        self.kafka = Kafka(())
        self.processes: list[Process] = []
        self.rebalance: Callable[[], str] = str
        self.now = 0
        self.calm = False
        self._trace: list[tuple[int, str, str]] = []

    def has(self, protection: str) -> bool:
        """Whether this protection is on."""
        return protection not in self.without

    def chance(self, probability: float) -> bool:
        """Whether something bad happens here; nothing does once all is calm."""
        return not self.calm and self.random.random() < probability

    def run(self, steps: int) -> None:
        """That many steps, whoever's turn it is."""
        for _ in range(steps):
            self.now += 1
            process = self.processes[int(self.random.random() * len(self.processes))]
            if process.asleep_until > self.now:
                continue
            fate = 1.0 if self.calm else self.random.random()
            if fate < _KILLED:
                process.end()
                self.note(process, "is killed")
            elif fate < _KILLED + _ASLEEP:
                process.asleep_until = self.now + self.random.randrange(20, 120)
                self.note(process, f"sleeps until {process.asleep_until}")
            elif fate < _KILLED + _ASLEEP + _GIVEN_OUT_ANEW:
                self.note(process, self.rebalance())
            else:
                try:
                    self.note(process, process.step())
                except ConflictError as conflict:
                    # As a service that fails: it ends, and is started again.
                    process.end()
                    self.note(process, f"ends: {conflict}")

    def wake_all(self) -> None:
        """From here on nothing bad happens."""
        self.calm = True
        for process in self.processes:
            process.asleep_until = 0

    def note(self, process: Process, what: str) -> None:
        """Write a line of the trace."""
        self._trace.append((self.now, process.name, what))

    @property
    def trace(self) -> list[str]:
        """What happened, step by step."""
        return [f"{now:5} {name}: {what}" for now, name, what in self._trace]
