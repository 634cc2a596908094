"""Who is believed: published vectors, vendors' recipes, and every header a stranger can think of."""

import base64
import json
import string
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from service.people.signature import (
    SLACK,
    STANDARD_WEBHOOKS,
    Algorithm,
    BadRecipe,
    Encoding,
    Forged,
    NotAuthentic,
    Recipe,
    Stale,
    Timestamps,
    sign,
    text_key,
    verify,
    webhook_key,
)

DATA = Path(__file__).resolve().parents[2] / "data" / "standard-webhooks"
VECTORS = json.loads((DATA / "vectors.json").read_text())
VENDORS = {
    recipe["vendor"]: recipe
    for recipe in json.loads((DATA / "vendor-signature-recipes.json").read_text())["recipes"]
    if "sample" in recipe
}
RECIPES = {
    "bamboohr": Recipe(
        signature_header="X-BambooHR-Signature",
        signed="{body}{ts}",
        timestamp_header="X-BambooHR-Timestamp",
        timestamps=Timestamps.OPAQUE,
    ),
    "hibob": Recipe(signature_header="Bob-Signature", algorithm=Algorithm.SHA512, encoding=Encoding.BASE64),
    "gusto": Recipe(signature_header="X-Gusto-Signature"),
    "deel": Recipe(signature_header="x-deel-signature", signed="POST{body}"),
    "merge": Recipe(signature_header="X-Merge-Webhook-Signature", encoding=Encoding.BASE64URL),
    "slack (interactivity)": SLACK,
    "github": Recipe(signature_header="X-Hub-Signature-256", prefix="sha256="),
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = webhook_key(SECRET)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BODY = b'{"test": 2432232314}'
STAMP = str(int(NOW.timestamp()))


def at(seconds):
    return datetime.fromtimestamp(seconds, tz=UTC)


def sent(*, message_id="msg_1", stamp=STAMP, body=BODY, key=KEY, signature=None):
    if signature is None:
        signature = sign(STANDARD_WEBHOOKS, key, body=body, timestamp=stamp, message_id=message_id)
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}


def check(headers, *, body=BODY, keys=(KEY,), now=NOW):
    return verify(STANDARD_WEBHOOKS, keys, headers=headers, body=body, now=now)


def vector_headers(vector):
    return {name: str(vector[name]) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}


@pytest.mark.parametrize("vector", VECTORS["published"], ids=lambda vector: vector["origin"])
def test_the_published_vector_is_taken(vector):
    found = check(
        vector_headers(vector),
        body=vector["body"].encode(),
        keys=[webhook_key(vector["secret"])],
        now=at(vector["valid_at"]),
    )

    assert found.id == vector["webhook-id"]


@pytest.mark.parametrize("vector", VECTORS["derived"], ids=lambda vector: vector["name"])
def test_a_derived_vector_is_taken_or_refused_as_it_says(vector):
    taken = False
    with suppress(NotAuthentic):
        check(
            vector_headers(vector),
            body=vector["body"].encode(),
            keys=[webhook_key(vector["secret"])],
            now=at(vector.get("verify_at", vector["webhook-timestamp"])),
        )
        taken = True

    assert taken == (vector["expect"] == "accept")


@pytest.mark.parametrize("vendor", RECIPES)
def test_a_vendors_own_sample_is_taken_by_its_recipe(vendor):
    sample, recipe = VENDORS[vendor]["sample"], RECIPES[vendor]
    headers = {recipe.signature_header: sample["signature"]}
    if recipe.timestamp_header:
        headers[recipe.timestamp_header] = sample["timestamp"]

    verify(
        recipe,
        [text_key(sample["secret"])],
        headers=headers,
        body=sample["body"].encode(),
        now=at(int(sample.get("timestamp", 0))),
    )


@pytest.mark.parametrize("vendor", RECIPES)
def test_a_vendors_sample_with_another_body_is_forged(vendor):
    sample, recipe = VENDORS[vendor]["sample"], RECIPES[vendor]
    headers = {recipe.signature_header: sample["signature"]}
    if recipe.timestamp_header:
        headers[recipe.timestamp_header] = sample["timestamp"]

    with pytest.raises(Forged):
        verify(
            recipe,
            [text_key(sample["secret"])],
            headers=headers,
            body=sample["body"].encode() + b" ",
            now=at(int(sample.get("timestamp", 0))),
        )


def test_base64url_is_taken_with_and_without_padding():
    sample, recipe = VENDORS["merge"]["sample"], RECIPES["merge"]

    for signature in (sample["signature"], sample["signature"].rstrip("=")):
        verify(
            recipe,
            [text_key(sample["secret"])],
            headers={recipe.signature_header: signature},
            body=sample["body"].encode(),
            now=NOW,
        )


@given(
    body=st.binary(max_size=200).filter(lambda raw: raw.decode("utf-8", "replace").encode() == raw),
    message_id=st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=1, max_size=40),
    key=st.binary(min_size=24, max_size=64),
)
def test_the_official_library_signs_as_we_do(body, message_id, key):
    theirs = Webhook("whsec_" + base64.b64encode(key).decode()).sign(
        msg_id=message_id, timestamp=NOW, data=body.decode()
    )

    assert sign(STANDARD_WEBHOOKS, key, body=body, timestamp=STAMP, message_id=message_id) == theirs


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_a_message_within_five_minutes_is_taken(seconds):
    assert check(sent(stamp=str(int(NOW.timestamp()) + seconds))).id == "msg_1"


@pytest.mark.parametrize("seconds", [-86400 * 365, -301, 301, 86400])
def test_an_authentic_message_from_another_time_is_stale(seconds):
    with pytest.raises(Stale):
        check(sent(stamp=str(int(NOW.timestamp()) + seconds)))


@pytest.mark.parametrize(
    "stamp",
    [
        "", " ", "0", "-1", "+1763715600", " 1763715600", "1763715600 ", "01763715600", "1763715600.0",
        "1763715600.5", "1_763_715_600", "1e9", "0x69202E10", "nan", "inf", "abc", "١٧٦٣٧١٥٦٠٠",
        "1763715600\n", "2026-11-21T09:00:00Z", "9" * 400, "\x00", "1763715600,1763715600",
    ],
)  # fmt: skip
def test_a_timestamp_that_is_not_plain_seconds_is_forged(stamp):
    """Signed with the right secret, so that only its shape can be the reason."""
    with pytest.raises(Forged):
        check(sent(stamp=stamp))


@pytest.mark.parametrize(
    "message_id",
    ["", "a.b", "msg.1763715600", "a b", "a\nb", "msg_\x00", "é", "x" * 201, "\x7f"],
)
def test_an_id_that_could_be_read_in_two_ways_is_forged(message_id):
    with pytest.raises(Forged):
        check(sent(message_id=message_id))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_forged(name):
    headers = sent()
    del headers[name]

    with pytest.raises(Forged):
        check(headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_in_two_spellings_is_not_believed(name):
    headers = sent()

    with pytest.raises(Forged):
        check({**headers, name.upper(): headers[name]})


RIGHT = sent()["webhook-signature"]


@pytest.mark.parametrize(
    "signature",
    [
        "", " ", ",", ",,", "v1", "v1,", "v1,,", "v1,=", "v1,====", RIGHT[3:], RIGHT.upper(), RIGHT.lower(),
        RIGHT[:-5], RIGHT[:-1] + "A", RIGHT + "A", "v1a," + RIGHT[3:], "v2," + RIGHT[3:], "v10," + RIGHT[3:],
        "V1," + RIGHT[3:], "v1, " + RIGHT[3:], "v1;" + RIGHT[3:], RIGHT.replace("v1,", "v1,v1,"),
        RIGHT + ",", RIGHT + "\n", RIGHT + "\x00", "v1,\xe9", "v1,Ā", "v1," + "A" * 44, "v1," + "A" * 9000,
        "v1,AAAA " * 40 + RIGHT, "\t" + RIGHT, '"' + RIGHT + '"', "[]", "{}", "null", "v1,é" + RIGHT[3:],
        RIGHT.replace("+", " ").replace("/", "_") + "_", "sha256=" + RIGHT[3:], "Bearer " + RIGHT[3:],
        RIGHT.encode().hex(), "v1," + base64.b64decode(RIGHT[3:]).hex(),
    ],
)  # fmt: skip
def test_a_signature_that_is_nearly_right_is_forged(signature):
    with pytest.raises(Forged):
        check(sent(signature=signature))


@pytest.mark.parametrize("around", ["{} v1,AAAA", "v1,AAAA {}", "junk {}", "v2,x v1a,y {} ,,", "  {}  "])
def test_one_right_signature_among_others_is_enough(around):
    assert check(sent(signature=around.format(RIGHT))).id == "msg_1"


@pytest.mark.parametrize(
    "body",
    [b"", BODY + b" ", BODY[:-1], b'{"test":2432232314}', BODY.replace(b"2", b"3"), b"\xef\xbb\xbf" + BODY],
)
def test_a_body_that_was_touched_is_forged(body):
    with pytest.raises(Forged):
        check(sent(), body=body)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_a_signed_header_that_was_touched_is_forged(name):
    headers = sent()
    headers[name] = headers[name][:-1] + ("1" if headers[name][-1] != "1" else "2")

    with pytest.raises(Forged):
        check(headers)


def test_another_secret_is_forged():
    with pytest.raises(Forged):
        check(sent(key=webhook_key("whsec_" + base64.b64encode(b"x" * 24).decode())))


def test_without_any_secret_everything_is_forged():
    with pytest.raises(Forged):
        check(sent(), keys=())


def test_any_of_the_active_secrets_will_do():
    other = b"o" * 32

    assert check(sent(key=other), keys=(KEY, other)).id == "msg_1"


def test_the_border_between_id_timestamp_and_body_cannot_be_moved():
    stamp = str(int(NOW.timestamp()))
    headers = sent(body=b"." + BODY)

    with pytest.raises(Forged):
        check({**headers, "webhook-id": f"msg_1.{stamp}"}, body=BODY)


anything = st.text(max_size=80) | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1"))


@given(
    message_id=anything,
    stamp=anything,
    signature=anything | anything.map("v1,".__add__),
    body=st.binary(max_size=99),
)
def test_whatever_a_stranger_sends_is_refused_and_nothing_else(message_id, stamp, signature, body):
    headers = {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}

    with pytest.raises(NotAuthentic):
        check(headers, body=body)


@pytest.mark.parametrize("vendor", RECIPES)
@given(stamp=anything, signature=anything, body=st.binary(max_size=99))
def test_whatever_a_stranger_sends_in_a_vendors_headers_is_refused(vendor, stamp, signature, body):
    recipe = RECIPES[vendor]
    headers = {recipe.signature_header: recipe.prefix + signature, recipe.timestamp_header or "x": stamp}

    with pytest.raises(NotAuthentic):
        verify(recipe, [b"k" * 32], headers=headers, body=body, now=NOW)


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_")])
def test_a_webhook_secret_is_read_with_and_without_its_prefix(secret):
    assert webhook_key(secret) == base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


@pytest.mark.parametrize("length", [24, 25, 26, 32, 64])
def test_a_webhook_secret_is_read_with_and_without_padding(length):
    text = "whsec_" + base64.b64encode(bytes(range(length))).decode()

    assert webhook_key(text) == webhook_key(text.rstrip("=")) == bytes(range(length))


@pytest.mark.parametrize("length", [0, 1, 23, 65, 1000])
def test_a_webhook_secret_of_the_wrong_length_is_refused(length):
    with pytest.raises(BadRecipe):
        webhook_key("whsec_" + base64.b64encode(b"s" * length).decode())


@pytest.mark.parametrize("secret", ["whsec_é", "whsec_!!!!", "whsec_a", "whsec_" + "A" * 41])
def test_a_bad_secret_is_refused_without_being_quoted(secret):
    with pytest.raises(BadRecipe) as refused:
        webhook_key(secret)

    assert secret not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_empty_text_secret_is_refused():
    with pytest.raises(BadRecipe):
        text_key("")


@pytest.mark.parametrize(
    "recipe",
    [
        {"signed": "{ts}"},
        {"signed": "{body}{body}"},
        {"signed": "{body}{secret}"},
        {"signed": "{body}", "timestamp_header": "T"},
        {"signed": "{ts}.{body}"},
        {"signed": "{id}.{body}"},
        {"signature_header": ""},
    ],
)
def test_a_recipe_that_protects_nothing_is_refused(recipe):
    with pytest.raises(BadRecipe):
        Recipe(**{"signature_header": "S", **recipe})


def test_an_id_beside_the_signature_is_not_believed():
    recipe = Recipe(signature_header="S", id_header="I")
    headers = {"S": sign(recipe, KEY, body=BODY), "I": "anything"}

    assert verify(recipe, [KEY], headers=headers, body=BODY, now=NOW).id is None


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_click_in_slack_from_another_time_is_stale(seconds):
    stamp = str(int(NOW.timestamp()) + seconds)
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(SLACK, KEY, body=BODY, timestamp=stamp),
    }

    with pytest.raises(Stale):
        verify(SLACK, [KEY], headers=headers, body=BODY, now=NOW)
