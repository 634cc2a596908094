"""`exeunt sign-in`: let a person into the pages by a one-time link."""

import rich_click as click

from service.cli._open import WRONG_USE, find_person, opened, stop


@click.command()
@click.argument("person")
def command(person: str) -> None:
    """Make a link that opens one session for PERSON, once, within ten minutes."""
    from service.web.links import LASTS, OneTimeLinks, path_of

    with opened() as service:
        found = find_person(service, person)
        roles = service.desk.roles(found.id)
        if not roles:
            stop(
                f"{found.display_name} has no role, so no page would open. Nothing was made. "
                f"Give one first: exeunt people grant {person} auditor",
                WRONG_USE,
            )
        token = OneTimeLinks(store=service.store).issue(found.id)
        base = service.settings.service.base_url.rstrip("/")
    click.echo(f"{base}{path_of(token)}")
    minutes = round(LASTS.total_seconds() / 60)
    names = ", ".join(sorted(roles))
    click.echo(f"For {found.display_name} ({names}) alone: good once, within {minutes} minutes.", err=True)
