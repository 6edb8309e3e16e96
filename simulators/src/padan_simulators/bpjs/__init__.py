"""The BPJS simulator: who is a participant of the national health insurance, and whether their membership is active."""
