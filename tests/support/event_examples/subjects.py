"""Whom the examples are about: nobody."""

from uuid import UUID

from padan_events.intake import Origin

HOUSEHOLD = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01")
PERSON = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a02")
REPORT = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a03")
OTHER = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a05")
ORIGIN = Origin(UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a04"), 17)
