"""`exeunt routes`: every path the service answers, and who may open it."""

import json

import rich_click as click

from service.cli._open import opened


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """List the paths, their methods and the roles they open for."""
    from service.app import application
    from service.web.access import opens_for

    with opened() as service:
        flask = application(service)
        rules = sorted(flask.url_map.iter_rules(), key=lambda rule: rule.rule)
        lines = []
        for rule in rules:
            opens = opens_for(flask.view_functions.get(rule.endpoint), rule.rule)
            roles = opens if isinstance(opens, str) else sorted(role.value for role in opens or ())
            methods = sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
            lines.append({"path": rule.rule, "methods": methods, "opens_for": roles})
    if as_json:
        click.echo(json.dumps(lines))
        return
    for line in lines:
        who = line["opens_for"] if isinstance(line["opens_for"], str) else ", ".join(line["opens_for"])
        click.echo(f"{', '.join(line['methods']):<10} {line['path']:<40} {who}")
