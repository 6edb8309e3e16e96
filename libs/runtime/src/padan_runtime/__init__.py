"""What every Padan service needs to run: settings, PostgreSQL, the sharded log, relay, projector, health."""
