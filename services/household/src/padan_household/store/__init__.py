"""The event store: the `eventsourcing` library's interfaces, standing on the sharded log."""
