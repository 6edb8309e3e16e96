"""The simulating process: its request comes on standard input, and its memory goes back to the system with it."""

import os
import sys

from padan_eligibility.simulation.work import answer


def main() -> None:
    os.nice(10)  # what is live goes first
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
