"""Where `python3 -m service demo` and `python3 -m service test` begin, on a machine with Python alone.

Keep this file readable for any Python, however old: it must live long enough to say what is missing.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    found = sys.version.split()[0] + " (" + sys.executable + ")"
    again = " ".join(["python3.11 -m service"] + sys.argv[1:])  # noqa: RUF005 - an old Python reads this line
    sys.exit("Exeunt needs Python 3.11, 3.12 or 3.13; this is " + found + ". Install one, then run: " + again)

from service.bootstrap.start import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
