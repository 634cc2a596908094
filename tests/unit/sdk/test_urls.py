"""A path is put behind the base URL, and never leads anywhere else."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk import urls
from connectors.sdk.errors import Unsafe

BASE = "https://graph.example.com/v1.0"


def joined(path: str) -> str:
    return urls.join(urls.split(BASE, schemes=("https",), target="mdm"), path, target="mdm")


@given(st.text(alphabet="/.%2eEfab?#@\\:;=~ -\n", max_size=12))
def test_whatever_the_path_it_stays_below_its_origin(path: str) -> None:
    try:
        parts = urlsplit(joined("/" + path))
    except Unsafe:
        return

    assert f"{parts.scheme}://{parts.netloc}" == "https://graph.example.com"
    assert not {".", ".."} & {unquote(segment) for segment in parts.path.split("/")}


@pytest.mark.parametrize(
    "path", ["/users", "/users/", "/users/a.b-c_d", "/users?$filter=a%20eq%20%27b%27&$top=1", "/a//b"]
)
def test_a_path_is_put_behind_the_base_as_it_stands(path: str) -> None:
    assert joined(path) == BASE + path
