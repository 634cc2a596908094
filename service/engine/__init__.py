"""The state machine of runs. Alone changes anything in a target system."""
