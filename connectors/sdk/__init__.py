"""What every connector builds on. Knows nothing of the service."""
