"""A company's people as a directory's entries: the same for the fake and for a real slapd."""

import base64
import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

BASE_DN = "dc=example,dc=com"
SERVICE_DN = f"cn=exeunt,ou=services,{BASE_DN}"
ADMIN_DN = f"cn=admin,{BASE_DN}"
DEFAULT_POLICY_DN = f"cn=default,ou=policies,{BASE_DN}"
PLACEHOLDER_DN = f"cn=nobody,ou=services,{BASE_DN}"

Seed = Mapping[str, Any]  # one person of a demonstration or a test
Attributes = dict[str, list[bytes]]


def tree(*, service_password: str) -> Iterator[tuple[str, Attributes]]:
    """What is there before anybody is hired: folders, the policy, our service account, a placeholder."""
    yield BASE_DN, _entry("domain", dc="example")
    for unit in ("people", "services", "groups", "policies"):
        yield f"ou={unit},{BASE_DN}", _entry("organizationalUnit", ou=unit)
    policy = _entry("device", cn="default", pwdAttribute="userPassword", pwdLockout="TRUE")
    policy["objectClass"].append(b"pwdPolicy")
    yield DEFAULT_POLICY_DN, policy
    service = _entry("organizationalRole", cn="exeunt", userPassword=hashed(service_password))
    service["objectClass"].append(b"simpleSecurityObject")
    yield SERVICE_DN, service
    yield PLACEHOLDER_DN, _entry("organizationalRole", cn="nobody")


def logins(people: Sequence[Seed]) -> Iterator[tuple[str, Attributes]]:
    """One entry a person, in OpenLDAP's words."""
    names = {person["employee_no"]: login_dn(person) for person in people}
    for person in people:
        entry = _entry(
            "inetOrgPerson",
            uid=person["username"],
            cn=person["display_name"],
            sn=person["display_name"].split()[-1],
            mail=person["email"],
            employeeNumber=person["employee_no"],
            title=person.get("title"),
            departmentNumber=person.get("department"),
            manager=names.get(person.get("manager_employee_no")),
            userPassword=hashed(password_of(person), salt=person["employee_no"]),
            pwdPolicySubentry=person.get("policy_dn"),
        )
        entry["objectClass"] = [b"person", b"organizationalPerson", b"inetOrgPerson"]
        yield login_dn(person), entry


def groups(people: Sequence[Seed]) -> Iterator[tuple[str, Attributes]]:
    """One group a department, one for everybody, and those a person's `groups` name."""
    members: dict[str, list[bytes]] = {}
    for person in people:
        wanted = ["staff", person.get("department"), *person.get("groups", ())]
        for name in dict.fromkeys(filter(None, wanted)):
            members.setdefault(str(name).lower(), []).append(login_dn(person).encode())
    for name, listed in members.items():
        yield (
            group_dn(name),
            {**_entry("groupOfNames", cn=name), "member": [PLACEHOLDER_DN.encode(), *listed]},
        )


def login_dn(person: Seed) -> str:
    """Where a person's entry stands."""
    return f"uid={_escaped(person['username'])},ou=people,{BASE_DN}"


def group_dn(name: str) -> str:
    """Where a group's entry stands."""
    return f"cn={_escaped(name.lower())},ou=groups,{BASE_DN}"


def password_of(person: Seed) -> str:
    """What the person types; made up, like the person."""
    return str(person.get("password") or f"correct horse {person['employee_no']}")


def hired(person: Seed) -> datetime:
    """When the person's entry was made."""
    moment = datetime.fromisoformat(str(person.get("hired_on") or "2020-01-01"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def identifier(dn: str) -> uuid.UUID:
    """An identifier that is the same each time the company is made."""
    return uuid.uuid5(uuid.NAMESPACE_X500, dn.lower())


def hashed(password: str, *, salt: str = "") -> str:
    """A salted hash as OpenLDAP keeps it."""
    grain = hashlib.sha256(f"{salt}{password}".encode()).digest()[:8]
    digest = hashlib.sha1(password.encode() + grain, usedforsecurity=False).digest()  # slapd's usual scheme
    return f"{{SSHA}}{base64.b64encode(digest + grain).decode()}"


def ldif(entries: Iterator[tuple[str, Attributes]] | Sequence[tuple[str, Attributes]]) -> str:
    """Entries as LDIF, every value in base64 so that nothing in a name can break it."""
    blocks = []
    for dn, attributes in entries:
        lines = [f"dn:: {base64.b64encode(dn.encode()).decode()}"]
        lines += [
            f"{name}:: {base64.b64encode(value).decode()}"
            for name, values in attributes.items()
            for value in values
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _entry(object_class: str, **attributes: str | None) -> Attributes:
    named = {name: [value.encode()] for name, value in attributes.items() if value}
    return {"objectClass": [object_class.encode()], **named}


def _escaped(value: str) -> str:
    return "".join(f"\\{letter}" if letter in ',+"\\<>;=#' else letter for letter in value)
