"""`exeunt serve`: act."""

import rich_click as click

from service.cli._open import WRONG_USE, stop


@click.command()
def command() -> None:
    """Take webhooks, carry out what is due, serve the pages and Slack, until Ctrl-C."""
    import signal
    import threading

    from connectors.sdk.errors import ConnectorError
    from service.app import Running, create_service
    from service.cli._logs import log_to_stdout
    from service.ledger.errors import LedgerError
    from service.playbook.problem import PlaybookError
    from service.settings import SettingsError, load

    log_to_stdout()
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        running = Running.begin(create_service(load()))
    except (SettingsError, PlaybookError, LedgerError, ConnectorError, OSError) as error:
        stop(str(error), WRONG_USE)
    click.echo(f"Exeunt listens on {running.url}", err=True)
    ended.wait()
    running.end()
