"""What the register simulators share: settings, folder of people, faults on request, running."""
