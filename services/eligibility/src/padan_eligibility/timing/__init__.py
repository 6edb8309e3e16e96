"""What is decided anew without an event of the household: as time passes, and when a policy was published."""
