"""Commands of people are decided, one at a time, each with one answer for ever."""
