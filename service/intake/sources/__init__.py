"""One file per HR system, found by the `format` of the source's settings. Adding one edits no other file.

A module that takes webhooks has `recipe(section)`, `key(secret)` and `read(envelope, section)`.
One whose webhooks are only hints also has `reader(section, api_key)` and `look(http, employee_id, section)`.
"""
