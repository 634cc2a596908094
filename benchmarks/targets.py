"""The systems both sides work on, in a process of their own so that their CPU time is nobody's.

Started by `measure.py` with a folder, a number of leavers, the milliseconds an HTTP answer takes, and `--tls` where
every system shows a certificate.
Prints one line of JSON (settings and leavers) when ready; answers each line read with one of what was changed.
"""

import json
import ssl
import sys
from collections import Counter
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.ldap.certificate import Certificate, make_certificate
from connectors.ldap.fake import FakeLdap
from connectors.ldap.slapd import RealSlapd
from connectors.microsoft_intune.fake import FakeIntune
from connectors.salesforce.fake import FakeSalesforce

GROUPS = ("staff", "sales", "crm-users")


def leavers(count: int) -> list[dict[str, Any]]:
    """Sales people, each with three groups, two live sessions and one Mac."""
    return [
        {
            "employee_no": f"E-{number:05d}",
            "email": f"leaver{number}@example.com",
            "username": f"leaver{number}",
            "display_name": f"Leaver {number}",
            "department": "Sales",
            "hired_on": "2024-01-01",
            "groups": ["crm-users"],
        }
        for number in range(count)
    ]


def main(folder: Path, count: int, delay_ms: int, *, tls: bool) -> None:
    people = leavers(count)
    with ExitStack() as stack:
        # A real directory where there is one; its latency cannot be set.
        ldap: RealSlapd | FakeLdap = RealSlapd(folder / "slapd") if RealSlapd.available() else FakeLdap()
        ldap.seed(people)
        stack.enter_context(ldap)
        crm, mdm = FakeSalesforce(), FakeIntune()
        shown = make_certificate(folder / "https")
        crm.tls = mdm.tls = showing(shown) if tls else None
        stack.enter_context(crm)
        crm.seed(
            [
                {**person, "username": person["email"], "groups": (), "sessions": ("UI", "UI")}
                for person in people
            ]
        )
        stack.enter_context(mdm)
        mdm.seed([{**person, "devices": [{"serial": f"MAC-{person['employee_no']}"}]} for person in people])
        crm.faults.delay_ms = mdm.faults.delay_ms = delay_ms
        systems = {"ldap": ldap, "salesforce": crm, "microsoft_intune": mdm}
        settings = {name: system.settings() for name, system in systems.items()}
        for name in ("salesforce", "microsoft_intune"):
            settings[name] |= {"ca_file": str(shown.ca)} if tls else {}
        say({"settings": settings, "leavers": people, "directory": type(ldap).__name__})
        for _ in sys.stdin:
            say({name: tally(system.effects) for name, system in systems.items()})


def showing(made: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context


def tally(effects: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """How many changes of each kind were carried out, and on how many different things."""
    seen = Counter((effect["what"], effect["target"]) for effect in effects)
    told = {}
    for what in sorted({what for what, _ in seen}):
        changes = sum(times for (kind, _), times in seen.items() if kind == what)
        # A group loses a member only once, whoever asks; the record names the group alone.
        things = changes if "member" in what else sum(kind == what for kind, _ in seen)
        told[what] = {"changes": changes, "things": things, "last": last_of(what, effects)}
    return told


def last_of(what: str, effects: list[dict[str, str]]) -> float:
    """When the last change of a kind was carried out, as seconds since 1970; 0 where that is not noted."""
    at = max(effect["at"] for effect in effects if effect["what"] == what)
    return datetime.fromisoformat(at).timestamp() if at else 0.0


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), tls="--tls" in sys.argv)
