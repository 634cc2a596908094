"""What a good system administrator would write: ldap3, requests and a thread pool.

No ledger, no read-back, no retry, no intent before effect: what it does, it does as fast as Python lets it.
Connections are kept for each thread and tokens for the process, as a careful author would.
Called with a job (see README.md); prints one line of JSON.
"""

import json
import ssl
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import ldap3
import requests
from ldap3.utils.conv import escape_filter_chars

Settings = dict[str, str]
Leaver = dict[str, Any]
TIMEOUT_S = 30
API = "/services/data/v64.0"

kept = threading.local()


class Script:
    """The three systems, and one function for each."""

    def __init__(self, settings: dict[str, Settings]) -> None:
        self.ldap = settings["ldap"]
        self.crm = settings["salesforce"]
        self.mdm = settings["microsoft_intune"]
        self.trusted: str | bool = self.crm.get("ca_file") or True
        self.crm_token = cache(self._crm_token)
        self.mdm_token = cache(self._mdm_token)

    def parts(self) -> tuple[Callable[[Leaver], None], ...]:
        """What is done for one leaver, all at the same time."""
        return (self.close_directory, self.freeze_crm, self.lock_devices)

    def close_directory(self, leaver: Leaver) -> None:
        connection = self._directory()
        base, number = self.ldap["base_dn"], escape_filter_chars(leaver["employee_no"])
        connection.search(base, f"(employeeNumber={number})", attributes=["uid"])
        (dn,) = [entry["dn"] for entry in connection.response if entry["type"] == "searchResEntry"]
        lock = {"pwdAccountLockedTime": [(ldap3.MODIFY_REPLACE, ["000001010000Z"])]}
        connection.modify(dn, lock)
        connection.search(base, f"(member={escape_filter_chars(dn)})", attributes=ldap3.NO_ATTRIBUTES)
        for group in [entry["dn"] for entry in connection.response if entry["type"] == "searchResEntry"]:
            connection.modify(group, {"member": [(ldap3.MODIFY_DELETE, [dn])]})

    def freeze_crm(self, leaver: Leaver) -> None:
        (user,) = self._query(f"SELECT Id FROM User WHERE EmployeeNumber='{leaver['employee_no']}'")
        (login,) = self._query(f"SELECT Id FROM UserLogin WHERE UserId='{user}'")
        self._crm("PATCH", f"/sobjects/UserLogin/{login}", json={"IsFrozen": True})
        for session in self._query(f"SELECT Id FROM AuthSession WHERE UsersId='{user}'"):
            self._crm("DELETE", f"/sobjects/AuthSession/{session}")

    def lock_devices(self, leaver: Leaver) -> None:
        wanted = f"employeeId eq '{leaver['employee_no']}'"
        (user,) = self._graph("GET", "/users", params={"$filter": wanted, "$select": "id"})["value"]
        owned = self._graph("GET", f"/users/{user['id']}/managedDevices", params={"$select": "id"})
        for device in owned["value"]:
            self._graph("POST", f"/deviceManagement/managedDevices/{device['id']}/remoteLock")

    def _directory(self) -> ldap3.Connection:
        if not hasattr(kept, "directory"):
            tls = ldap3.Tls(ca_certs_file=self.ldap["ca_file"], validate=ssl.CERT_REQUIRED)
            server = ldap3.Server(self.ldap["url"], tls=tls, get_info=ldap3.NONE)
            kept.directory = ldap3.Connection(
                server,
                self.ldap["bind_dn"],
                self.ldap["bind_password"],
                auto_bind=True,
                raise_exceptions=True,
                receive_timeout=TIMEOUT_S,
            )
        return kept.directory

    def _http(self) -> requests.Session:
        if not hasattr(kept, "http"):
            kept.http = requests.Session()
        session: requests.Session = kept.http
        return session

    def _query(self, soql: str) -> list[str]:
        return [row["Id"] for row in self._crm("GET", "/query", params={"q": soql})["records"]]

    def _crm(self, method: str, path: str, **more: Any) -> Any:
        return self._call(method, self.crm["login_url"] + API + path, token=self.crm_token(), **more)

    def _graph(self, method: str, path: str, **more: Any) -> Any:
        return self._call(method, self.mdm["graph_url"] + path, token=self.mdm_token(), **more)

    def _call(self, method: str, url: str, *, token: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._http().request(
            method, url, headers=headers, timeout=TIMEOUT_S, verify=self.trusted, **more
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _crm_token(self) -> str:
        url = self.crm["login_url"]
        claims = {
            "iss": self.crm["client_id"],
            "sub": self.crm["username"],
            "aud": url,
            "exp": time.time() + 120,
        }
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": jwt.encode(claims, self.crm["private_key"], algorithm="RS256"),
        }
        return _token(f"{url}/services/oauth2/token", form, self.trusted)

    def _mdm_token(self) -> str:
        graph = urlsplit(self.mdm["graph_url"])
        form = {
            "grant_type": "client_credentials",
            "client_id": self.mdm["client_id"],
            "client_secret": self.mdm["client_secret"],
            "scope": f"{graph.scheme}://{graph.netloc}/.default",
        }
        return _token(
            f"{self.mdm['authority']}/{self.mdm['tenant_id']}/oauth2/v2.0/token", form, self.trusted
        )


def _token(url: str, form: dict[str, str], trusted: str | bool) -> str:
    answer = requests.post(url, data=form, timeout=TIMEOUT_S, verify=trusted)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def main(job_file: Path) -> None:
    job = json.loads(job_file.read_text(encoding="utf-8"))
    script = Script(job["settings"])
    script.crm_token(), script.mdm_token()  # signed in before the first leaver, as a service would be
    cpu, wall, began = time.process_time(), time.monotonic(), time.time()
    seconds = at_once(script, job) if job["at_once"] else one_by_one(script, job)
    if not job["at_once"]:
        began = time.time() - seconds[-1]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "wall_s": time.monotonic() - wall,
                "cpu_s": time.process_time() - cpu,
                "began": began,
            }
        )
    )


def one_by_one(script: Script, job: dict[str, Any]) -> list[float]:
    """Each leaver's own time, from its start to its last revocation, with nobody else on the way."""
    seconds = []
    with ThreadPoolExecutor(len(script.parts())) as pool:
        for leaver in job["leavers"]:
            start = time.monotonic()
            for part in [pool.submit(part, leaver) for part in script.parts()]:
                part.result()
            seconds.append(time.monotonic() - start)
    return seconds


def at_once(script: Script, job: dict[str, Any]) -> list[float]:
    """Each leaver's time from the common start to their own last revocation."""
    start = time.monotonic()
    ends: dict[str, float] = {}
    parts: list[Future[None]] = []

    def timed(part: Callable[[Leaver], None], leaver: Leaver) -> None:
        part(leaver)
        ends[leaver["employee_no"]] = time.monotonic()

    with ThreadPoolExecutor(job["threads"]) as pool:
        for leaver in job["leavers"]:
            parts += [pool.submit(timed, part, leaver) for part in script.parts()]
    for part in parts:
        part.result()
    return [end - start for end in ends.values()]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
