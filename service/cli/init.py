"""`exeunt init`: keys, a first configuration, and what to do next."""

import shutil
from pathlib import Path

import rich_click as click

from service.cli._open import stop

SHIPPED = Path(__file__).parents[2] / "playbooks"

FIRST_CONFIGURATION = """\
# Exeunt. Every key is described in docs/reference/configuration.md; an unknown key is an error.
# Secrets are written as env:NAME or file:PATH, never as themselves.

[service]
data_dir = "var"

# [sources.hr]                      # HR's webhooks: POST /hooks/hr, Standard Webhooks headers
# format = "native"
# secrets = ["env:HR_WEBHOOK_SECRET"]
# timezone = "Europe/Stockholm"

# [connectors.ldap]
# url = "ldaps://ldap.example.com"
# bind_dn = "cn=exeunt,ou=services,dc=example,dc=com"
# bind_password = "env:LDAP_PASSWORD"
# base_dn = "dc=example,dc=com"

# [snapshot]
# notice_on_file = true             # only when staff were told that use of customer data is logged

# [cli]
# users = {alice = "E-1004"}        # who may announce a departure by command
"""


def _write_first_files() -> None:
    """A first configuration and copies of the playbooks; what is there stays."""
    from service.settings import CONFIG_FILE, load

    path = Path(CONFIG_FILE)
    if not path.exists():
        path.write_text(FIRST_CONFIGURATION, encoding="utf-8")
        click.echo(f"{path} written.")
    folder = load().playbooks.folder
    if not folder.exists():
        shutil.copytree(SHIPPED, folder)
        click.echo(f"{folder}/ holds copies of the shipped playbooks: read them, change them.")


def _refuse_used(folder: Path) -> None:
    """New keys open nothing that was sealed under those that are gone."""
    from service.engine.installation import FILE
    from service.ledger.keys import KEK_FILE, SIGNING_FILE

    keys = folder / "keys"
    if (folder / FILE).exists() and not any((keys / name).exists() for name in (KEK_FILE, SIGNING_FILE)):
        stop(
            f"{folder} has been in use, and its keys are gone from {keys}: new ones would open nothing of what is "
            "there. No keys were made. Put the keys back from your copy; to begin anew, use an empty folder and an "
            "empty database."
        )


@click.command()
def command() -> None:
    """Make the keys, a first exeunt.toml and copies of the shipped playbooks here. Overwrites nothing."""
    from service.ledger.errors import LedgerError
    from service.ledger.keys import Keys
    from service.settings import CONFIG_FILE, SettingsError, load

    try:
        _write_first_files()
    except OSError as error:
        click.echo(
            f"Nothing can be written here ({error.strerror}): configure by the environment, or mount {CONFIG_FILE}."
        )
    except SettingsError as error:
        stop(str(error))
    try:
        _refuse_used(load().service.data_dir)
        keys = Keys.create(load().service.data_dir / "keys")
    except (LedgerError, SettingsError) as error:
        stop(str(error))
    click.echo("The signing key and the key-encryption key are made. Back them up apart from the database.")
    click.echo(f"Give your auditor this public key and keep it outside: {keys.vkey}")
    click.echo("Next: exeunt people import FILE.csv, exeunt check, exeunt serve")
