"""The options of every command that announces a departure which only named people may see until its time."""

import rich_click as click

sealed = click.option(
    "--sealed", is_flag=True, help="Only named people see it until its time; without --for those configured."
)
sealed_for = click.option(
    "--for",
    "sealed_for",
    multiple=True,
    help="Who may see it, by employee number or HR id; may be repeated, and means --sealed.",
)
