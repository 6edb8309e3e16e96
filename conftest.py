"""Fixtures for every member's tests: the run's real servers."""

pytest_plugins = ["padan_cli.platform.pytest_plugin", "stack_fixture", "simulation_option"]
