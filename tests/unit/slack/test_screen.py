"""The demonstration's drawing of mrkdwn as HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo.slack_screen import Screen

SCREEN = Screen(users={"U2": "Ivan <b>"}, groups={"SIT": "it-oncall"}, zone="Europe/Stockholm")
TAGS = ("<strong>", "<em>", "<code>", "<q>", "<br>", "<time>", "<span", "<a href=", "</")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*8 of 12 closed*  ·  1 failed", "<strong>8 of 12 closed</strong>  ·  1 failed"),
        ("<@U2>", '<span class="mention">@Ivan &lt;b&gt;</span>'),
        ("<!subteam^SIT>", '<span class="mention">@it-oncall</span>'),
        ("<!date^1772816400^{time}|17:00 UTC>", "<time>18:00</time>"),
        ("<https://x.example/a_b_c|R-1>", '<a href="https://x.example/a_b_c">R-1</a>'),
        ("&lt;script&gt;", "&lt;script&gt;"),
        (":x: failed", '<span role="img" aria-label="failed">❌</span> failed'),
        ("a\n> b", "a<br><q>b</q>"),
        ("<javascript:alert(1)|x>", "javascript:alert(1)|x"),
        ("<!channel>", '<span class="mention all">@channel</span>'),
    ],
)
def test_markup_becomes_html(text: str, html: str) -> None:
    assert str(SCREEN.text(text)) == html


@given(st.text(alphabet=st.sampled_from("<>&\"'*_`:|!@^{}\n\ue000\ue0010aA/ "), max_size=60))
def test_nothing_but_our_own_tags_comes_out(text: str) -> None:
    html = str(SCREEN.text(text))

    for piece in html.split("<")[1:]:
        assert f"<{piece}".startswith(TAGS)
