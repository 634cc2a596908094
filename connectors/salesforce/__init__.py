"""Salesforce: find, freeze, end sessions and tokens, deactivate, read back, and hand over the logs."""
