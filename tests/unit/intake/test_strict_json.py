"""JSON from strangers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.intake.strict_json import BadBody, parse

REFUSED = {
    "nothing": b"",
    "white space": b"  \n ",
    "half an object": b'{"a": 1',
    "two documents": b"{} {}",
    "a trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a comment": b"{} // really",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "an overlong slash": b'{"a": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "the same key twice": b'{"a": 1, "a": 2}',
    "the same key twice, once escaped": b'{"a": 1, "\\u0061": 2}',
    "the same key twice, deep down": b'{"a": [{"b": {"c": 1, "c": 1}}]}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "a float beyond floats": b'{"a": 1e999}',
    "a negative float beyond floats": b'{"a": -1e999}',
    "an integer of 64 bits and one": b'{"a": 9223372036854775808}',
    "an integer of 5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "a float of 5000 digits": b'{"a": 0.' + b"9" * 5000 + b"}",
    "a lone high surrogate": b'{"a": "\\ud800"}',
    "a lone low surrogate": b'{"a": "\\udc00x"}',
    "surrogates the wrong way round": b'{"a": "\\udc00\\ud800"}',
    "a lone surrogate as a key": b'{"\\ud800": 1}',
    "a lone surrogate in a list": b'{"a": ["\\ud800"]}',
    "a lone surrogate in a list of lists": b'[[["\\ud800"]]]',
    "a lone surrogate all alone": b'"\\ud800"',
    "NUL": b'{"a": "\\u0000"}',
    "NUL as a key": b'{"\\u0000": 1}',
    "a bell": b'{"a": "\\u0007"}',
    "escape": b'{"a": "\\u001b[31m"}',
    "a raw newline in a text": b'{"a": "\n"}',
    "a raw NUL": b'{"a": "\x00"}',
    "33 lists": b"[" * 33 + b"]" * 33,
    "100,000 lists": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "lists behind a text that never ends": b'["\\"' + b"[" * 100_000,
    "501 members": json.dumps({str(n): n for n in range(501)}).encode(),
    "501 items": json.dumps(list(range(501))).encode(),
    "501 items, deep down": json.dumps({"a": [[0] * 501]}).encode(),
    "a byte too much": b" " * (1024 * 1024) + b"1",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_plain_json_is_refused(raw):
    with pytest.raises(BadBody):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a": [1, -2, 0.5, 1e3, true, null]} \n', {"a": [1, -2, 0.5, 1000.0, True, None]}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a": "Zoë 😀"}'.encode(), {"a": "Zoë 😀"}),
        (b'{"a": "one\\ttwo\\r\\nthree"}', {"a": "one\ttwo\r\nthree"}),
        (b'{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}', {"a": "[" * 36}),
        (b'{"a": "\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}', {"a": '"' + "[" * 34}),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775807", -(2**63) + 1),
    ],
)
def test_plain_json_is_read(raw, value):
    assert parse(raw) == value


def test_the_limits_themselves_are_allowed():
    assert parse(b"[" * 32 + b"]" * 32)
    assert len(parse(json.dumps({str(n): n for n in range(500)}).encode())) == 500
    assert len(parse(json.dumps([0] * 500).encode())) == 500
    assert parse(b" " * (1024 * 1024 - 1) + b"1") == 1


def test_a_refusal_quotes_nothing_of_the_body():
    with pytest.raises(BadBody) as refused:
        parse(b'{"name": "Mike Doe", "name": "Mike Doe"}')

    assert "Mike" not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        b'["' + b'\\"' * 500_000,
        b'"' * 1_000_000,
        b'"\\' * 500_000,
        b"[1," * 300_000,
        b"0." + b"1" * 1_000_000,
    ],
)
@pytest.mark.timeout(10)
def test_no_body_keeps_us_busy(raw):
    with pytest.raises(BadBody):
        parse(raw)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text("abc"), inner, max_size=5),
    max_leaves=20,
)


@given(json_values)
def test_what_python_writes_is_read_back(value):
    assert parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=300) | st.text('{}[]",:0123456789\\uden. aN-+', max_size=300).map(str.encode))
def test_no_bytes_do_anything_but_parse_or_be_refused(raw):
    try:
        again = json.dumps(parse(raw), allow_nan=False)
    except BadBody:
        return

    assert again.encode("utf-8")
