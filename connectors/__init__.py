"""One folder per target system; see `connectors/sdk` for what they share."""
