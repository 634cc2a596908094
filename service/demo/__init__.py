"""A made-up company to play in. Nothing but the command line imports it, and nothing real is touched."""
