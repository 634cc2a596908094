"""The small world in which the directory connector is held to every connector's promises."""

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.ldap.fake import FakeLdap
from connectors.sdk.fakes.conformance import World, registry_for
from connectors.sdk.types import Person

EXEMPT: dict[str, str] = {
    "credentials": "a simple bind has no token to refresh: a refused bind is AuthError, see test_errors.py",
    "rate-limit": "LDAP has no such answer; 51 busy is Unavailable, see test_errors.py",
}

MIKE = {
    "employee_no": "E-17", "username": "mike", "email": "mike@example.com", "display_name": "Mike Doe",
    "department": "Sales", "groups": ["vpn"], "hired_on": "2021-03-01",
}  # fmt: skip
TWINS = [
    {"employee_no": "E-21", "username": "kim", "email": "kim@example.com", "display_name": "Kim Lee"},
    {"employee_no": "E-22", "username": "kim2", "email": "kim@example.com", "display_name": "Kim Lee"},
]
CROWD = [
    {
        "employee_no": f"E-{n}",
        "username": f"p{n}",
        "email": f"p{n}@example.com",
        "display_name": f"Person {n}",
    }
    for n in range(100, 106)
]


class LdapWorld(World):
    """The faults by the names an LDAP server has for them."""

    def lose_next_answer(self) -> None:
        self.fake.faults.lose_answer_after_write = 1

    def refuse_credentials_once(self) -> None:
        self.fake.faults.refuse_binds = 1

    def limit_once(self, seconds: int) -> None:
        self.fake.faults.busy = 1


@contextmanager
def world() -> Iterator[LdapWorld]:
    """Mike, two people who share a mail address, and enough others for three pages."""
    people = [MIKE, *TWINS, *CROWD]
    with FakeLdap() as fake:
        fake.seed(people)
        everybody = [fake.entry(f"uid={person['username']},ou=people,dc=example,dc=com") for person in people]
        yield LdapWorld(
            connector="ldap",
            registry=registry_for("ldap", {**fake.settings(), "page_size": "3"}),
            fake=fake,
            person=Person(
                display_name="Mike Doe", employee_no="E-17", emails=("mike@example.com",), usernames=("mike",)
            ),
            stranger=Person(display_name="Nobody", employee_no="E-0", emails=("nobody@example.com",)),
            twins=Person(display_name="Kim Lee", emails=("kim@example.com",)),
            everybody=frozenset(entry.text("entryUUID") for entry in everybody if entry),
            lies={"disable_account": frozenset({"modify"}), "remove_entitlements": frozenset({"member"})},
            secrets=("correct horse E-17", "{SSHA}"),
        )
