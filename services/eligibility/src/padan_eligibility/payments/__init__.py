"""Payment lists: made of a sealed stage, ordered, held, and what the bank says of them (docs/payments.md)."""
