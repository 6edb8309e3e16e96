"""What was decided is written: claims, events and deadlines, in the transaction of the decision."""
