-- Copies of what this service's readers could not handle, for the relay.
SELECT create_parked_log('household.events.v1.eligibility.parked.v1');
SELECT create_parked_log('programme.events.v1.eligibility.parked.v1');
