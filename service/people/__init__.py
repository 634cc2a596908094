"""Who is who, and who may what: the same for pages, Slack, API and command line."""
