-- Copies of what this service's readers could not handle, for the relay.
SELECT create_parked_log('registry.intake.v1.household.parked.v1');
