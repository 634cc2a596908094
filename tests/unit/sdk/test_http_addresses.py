"""Where a call may go, and to whom our credentials are shown."""

from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, Refused, Unavailable, Unsafe
from connectors.sdk.http import Http
from tests.unit.sdk.shop import SECRET, Shop, Token, whole


def test_a_redirect_is_refused_and_the_other_host_never_sees_a_key(
    shop: Shop, context: Context, serve: Any
) -> None:
    stranger = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    shop.state["elsewhere"] = f"http://127.0.0.1:{stranger.port}/"
    http = Http(target="shop", base_url=shop.url, context=context, headers={"X-API-Key": SECRET})

    with pytest.raises(Refused):
        http.get("/moved")

    assert stranger.clients == 0


def test_a_netrc_file_does_not_replace_our_credentials(
    shop: Shop, http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login stranger password stranger\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    http.get("/thing")

    assert shop.requests[-1].headers["Authorization"] == f"Bearer {SECRET}-0"


def test_a_proxy_of_the_environment_is_not_used(
    http: Http, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")

    assert http.get("/thing").json() == {"on": True}
    assert proxy.clients == 0


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.2/thing",
        "https://evil.example/thing",
        "http://127.0.0.1@evil.example/thing",
        "http://evil.example\\@127.0.0.1/thing",
    ],
)
def test_a_paging_link_to_another_host_is_not_followed(http: Http, context: Context, link: str) -> None:
    with pytest.raises(Unsafe):
        http.get(link)

    assert context.calls == []


def test_a_paging_link_to_another_port_is_not_followed(http: Http, serve: Any) -> None:
    stranger = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))

    with pytest.raises(Unsafe):
        http.get(f"http://127.0.0.1:{stranger.port}/thing")

    assert stranger.clients == 0


def test_a_paging_link_to_the_same_origin_is_followed(shop: Shop, http: Http) -> None:
    assert http.get(f"{shop.url}/thing?page=2").json() == {"on": True}
    assert shop.requests[-1].query == {"page": "2"}


@pytest.mark.parametrize(
    "path", ["thing", "@evil.example/", "/a/../b", "/a/%2e%2e/b", "/a b", "/a\r\nX: y", "/a#b"]
)
def test_a_path_with_more_in_it_than_an_identifier_is_refused(
    http: Http, context: Context, path: str
) -> None:
    with pytest.raises(Unsafe):
        http.get(path)

    assert context.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com",
        "http://crm.lab",
        "http://127.0.0.1.evil.example",
        "http://2130706433",
        "http://[::ffff:10.0.0.1]",
        "https://user:pass@crm.example.com",
        "https://crm.example.com#@127.0.0.1",
        "https://crm.example.com\\@evil.example",
        "https://crm.exa mple.com",
        "https://crm.example.com:99999",
        "https://",
        "ftp://crm.example.com",
        "file:///etc/passwd",
        "crm.example.com",
        "",
    ],
)
def test_a_base_url_that_could_mean_another_host_is_refused(context: Context, url: str) -> None:
    with pytest.raises(ConfigError):
        Http(target="crm", base_url=url, context=context)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://crm.example.com/x"]
)
def test_plain_http_is_taken_on_this_machine_only(context: Context, url: str) -> None:
    assert Http(target="crm", base_url=url, context=context)


def test_a_certificate_nobody_signed_is_refused_before_a_key_is_sent(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    _, tls = make_certificate("127.0.0.1")
    heard: list[bytes] = []
    server = serve(lambda client: heard.append(client.recv(1000)), tls)

    with pytest.raises(ConfigError, match="certificate"):
        Http(target="crm", base_url=f"https://127.0.0.1:{server.port}", context=context, auth=Token()).get(
            "/"
        )

    assert heard == []


def test_a_certificate_of_another_host_is_refused(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("other.example")
    server = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), tls)
    url = f"https://127.0.0.1:{server.port}"

    with pytest.raises(ConfigError, match="certificate"):
        Http(target="crm", base_url=url, context=context, ca_file=str(ca_file)).get("/")


def test_a_private_authority_named_in_the_settings_is_trusted(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    server = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), tls)
    http = Http(
        target="crm", base_url=f"https://127.0.0.1:{server.port}", context=context, ca_file=str(ca_file)
    )

    assert http.get("/").json() == {}


def test_an_authority_that_is_not_there_is_a_wrong_setting(context: Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ca_file"):
        Http(target="crm", base_url="https://127.0.0.1:1", context=context, ca_file=str(tmp_path / "ca.pem"))


def test_a_server_that_speaks_no_tls_is_unavailable_not_a_wrong_certificate(
    context: Context, serve: Any
) -> None:
    server = serve(whole(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    with pytest.raises(Unavailable):
        Http(target="crm", base_url=f"https://127.0.0.1:{server.port}", context=context).get("/")


def test_a_cookie_is_not_kept_for_the_next_caller(shop: Shop, http: Http) -> None:
    http.get("/cookie")
    http.get("/thing")

    assert "Cookie" not in shop.requests[-1].headers
