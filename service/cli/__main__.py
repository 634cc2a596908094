"""Where `python -m service.cli` begins."""

from service.cli import main

main()
