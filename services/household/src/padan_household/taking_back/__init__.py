"""After a restore: what Kafka knows beyond the store's heads is taken back before anything is written."""
