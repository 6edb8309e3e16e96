"""How far everything has come: lag by service and topic, stopped shards, the watermark."""
