"""What happens to families in the mix: each turn a command, by tables."""
