"""`padan demo`: the Pati batch, from a spreadsheet to facts on Kafka, decisions with reasons, and views."""
