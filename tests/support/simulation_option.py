"""`pytest -k simulation --simulation-seed 4711` runs the simulation with one seed."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--simulation-seed", type=int, help="run the simulation with this seed only")
