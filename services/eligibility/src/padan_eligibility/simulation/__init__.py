"""What a candidate policy would change: it and the policy in force, over the families of a region as they are."""
