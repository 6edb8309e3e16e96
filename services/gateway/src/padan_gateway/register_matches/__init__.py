"""What foreign registers say of people, sent by programmes and agencies."""
