"""The contract of Padan: event types, topics, envelope and shards."""
