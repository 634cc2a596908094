"""Whatever no connector reaches yet: a person does it and says so."""
