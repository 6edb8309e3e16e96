"""Lives of families by the real rules alone: thousands of turns in seconds."""

from hypothesis import HealthCheck, settings

from lives.machine import Lives

TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
