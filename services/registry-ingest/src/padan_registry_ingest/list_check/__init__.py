"""A list held against the register: who is in it, before an agency delivers its programme. Writes no event.

This service reads the list and judges its numbers; the gateway, which holds the views, says what the register says of
each person, as far as the sender may know it.
"""
