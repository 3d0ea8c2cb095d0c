"""Known secrets in texts that quote them, in every form that we know of."""

import base64
import html
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_schemas import WIRE_ENCODERS
from hookwright_sender.encryption.masking import MASK, Masker

UGLY = 'päss/word "1" <&\'>\\ ~+=\N{GRINNING FACE}'
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def upper(text, mark, length):
    """Return a text with its escapes in upper case."""
    first, *others = text.split(mark)
    return mark.join([first, *(part[:length].upper() + part[length:] for part in others)])


JSON = json.dumps(UGLY)[1:-1]
URL = urllib.parse.quote(UGLY, safe="")
PLUS = urllib.parse.quote_plus(UGLY)
FORMS = [
    (UGLY, "as it is"),
    (JSON, "JSON in ASCII, as Python writes it"),
    (upper(JSON, "\\u", 4), "JSON with upper-case escapes"),
    (JSON.replace("/", "\\/"), "JSON as PHP writes it"),
    (json.dumps(UGLY, ensure_ascii=False)[1:-1], "JSON in UTF-8, as browsers write it"),
    (json.dumps(UGLY, ensure_ascii=False)[1:-1].replace("/", "\\/"), "JSON_UNESCAPED_UNICODE"),
    (
        json.dumps(UGLY, ensure_ascii=False)[1:-1]
        .replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        .replace("'", "\\u0027"),
        "JSON for a page",
    ),
    (URL, "a path or a query, as strict as can be"),
    (URL.lower().replace("%f0%9f%98%80", "%f0%9f%98%80"), "lower-case escapes"),
    (PLUS, "a form"),
    (PLUS.replace("~", "%7E"), "a form of PHP's"),
    (urllib.parse.quote(UGLY, safe="/"), "a path"),
    (urllib.parse.quote(UGLY, safe="!'()*"), "encodeURIComponent"),
    (urllib.parse.quote(UGLY, safe=";,/?:@&=+$-_.!~*'()#"), "encodeURI"),
    (html.escape(UGLY), "a page of Python's"),
    (html.escape(UGLY).replace("&#x27;", "&#039;"), "a page of PHP's"),
    (html.escape(UGLY, quote=False), "a page, outside of attributes"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "why"), FORMS)
def test_a_secret_is_masked_in_every_form(form, why):
    """In text and in bytes, wherever it stands."""
    masker = Masker([UGLY])
    assert masker(f"a {form} b") == f"a {MASK} b", why
    assert masker.mask_bytes(f"a {form} b".encode()) == f"a {MASK} b".encode(), why
    assert masker(form) == MASK


@pytest.mark.parametrize("encoding", sorted(WIRE_ENCODERS))
@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_secret_that_comes_back_in_our_own_json_is_masked(encoding, text):
    """Receivers echo what they got: all of it is masked, and the answer is still JSON."""
    secret = f"key-{text}"
    body = WIRE_ENCODERS[encoding]({"token": secret, "note": f"It was {secret}!"})
    masked = json.loads(Masker([secret]).mask_bytes(body))
    assert masked == {"token": MASK, "note": f"It was {MASK}!"}


@given(
    st.binary(max_size=8),
    st.text(st.characters(codec="utf-8"), min_size=6, max_size=20),
    st.binary(max_size=8),
)
def test_a_secret_within_base64_is_masked(before, secret, after):
    """Whatever stands before it: a name and a colon, or the body that a gateway wraps up."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(before + secret.encode() + after).decode()
        masked = Masker([secret])(text)
        assert MASK in masked
        # What is left has less than a character of the secret's at either end.
        assert len(masked.replace(MASK, "")) <= len(text) - len(secret.encode()) * 8 // 6 + 2


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        (WHSEC, MASK, "the secret itself"),
        (WHSEC.removeprefix("whsec_"), MASK, "what an owner pastes into another program"),
        (f"key={WHSEC[6:]}==;", f"key={MASK}==;", "with padding, which it never had"),
        (base64.b64encode(WHSEC[6:].encode()).decode(), f"{MASK}=", "in base64 once more"),
        ("whsec_", "whsec_", "the prefix says nothing"),
    ],
)
def test_a_signing_secret_is_masked_without_its_prefix_too(text, expected, why):
    """The key is what stands behind `whsec_`, in base64."""
    assert Masker([WHSEC])(text) == expected, why


def test_a_signing_secret_with_padding_is_masked_without_it():
    """It is often lost on the way."""
    assert Masker(["whsec_c2VjcmV0MQ=="])("c2VjcmV0MQ") == MASK


@pytest.mark.parametrize(
    ("secrets", "text", "expected", "why"),
    [
        (["abc"], "abc", "abc", "three characters are no secret"),
        (["abcd"], "abcd", MASK, "four are"),
        (["äöü"], "%C3%A4%C3%B6%C3%BC", "%C3%A4%C3%B6%C3%BC", "however long they are in a URL"),
        ([True, False, None], "true false null None", "true false null None", "no secrets at all"),
        ([1234567], '{"pin": 1234567}', f'{{"pin": {MASK}}}', "a number as it is written"),
        ([12.5], "12.5", MASK, "a fraction"),
        ([999], "999", "999", "a short number"),
        (["secret", "secret-2"], "secret-2", MASK, "the longest first: `-2` is a part of it"),
        (["abcdef", "defghi"], "abcdefghi!", f"{MASK}!", "what overlaps is one"),
        (["abab"], "ababab", MASK, "it may overlap with itself"),
        (["abcd", "efgh"], "abcdefgh", MASK, "what touches is one"),
        (["abcd"], "abcd abcd", f"{MASK} {MASK}", "every time"),
        ([], "text", "text", "nothing is known"),
        ([""], "text", "text", "nothing to be known"),
        ([MASK], MASK, MASK, "somebody's secret is the mask"),
        (["\ud800abc"], "\ud800abc", MASK, "half of a surrogate pair disturbs nothing"),
        (["abcd"], "ABCD", "ABCD", "another text"),
    ],
)
def test_what_is_masked(secrets, text, expected, why):
    """In text; in bytes it is the same."""
    assert Masker(secrets)(text) == expected, why
    masked = Masker(secrets).mask_bytes(text.encode("utf-8", "surrogatepass"))
    assert masked == expected.encode(), why


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("token=s3cret-va", f"token={MASK}", "its beginning at the end of what was read"),
        ("token=s3cr", f"token={MASK}", "four characters of it"),
        ("token=s3c", "token=s3c", "three may be anything"),
        ("s3cret-value s3cret", f"{MASK} {MASK}", "whole before, cut at the end"),
        ("token=s3cret-valu!", "token=s3cret-valu!", "only at the very end"),
        ("token=s3cret-value", f"token={MASK}", "whole at the end"),
        ("s3cret", MASK, "nothing else is left"),
        ("", "", "nothing at all"),
    ],
)
def test_a_secret_that_was_cut_off_is_masked(text, expected, why):
    """The first bytes of an answer may end anywhere."""
    masker = Masker(["s3cret-value", "other"])
    assert masker(text, cut=True) == expected, why
    assert masker.mask_bytes(text.encode(), cut=True) == expected.encode(), why
    assert Masker([])(text, cut=True) == text


@given(
    st.lists(st.text('ab"/é', min_size=4, max_size=6), max_size=4),
    st.text('ab"/é', max_size=40),
)
def test_nothing_known_is_left(secrets, text):
    """And what is left was there before, in its order."""
    masked = Masker(secrets)(text)
    assert not any(secret in masked for secret in secrets)
    at = 0
    for part in masked.split(MASK):
        at = text.index(part, at) + len(part)
    assert Masker(secrets)(masked) == masked
    assert (masked == text) == (MASK not in masked)


@given(
    st.lists(st.text("ab", min_size=4, max_size=12), max_size=8),
    st.text("ab", max_size=60),
    st.booleans(),
)
def test_a_text_is_read_once_and_masked_as_if_each_form_were_looked_for(secrets, text, cut):
    """What begins alike, nests and overlaps: every place that any form covers, and no other."""
    covered = set()
    for start in range(len(text)):
        for form in secrets:
            rest = text[start:]
            beginning = cut and len(rest) >= 4 and form.startswith(rest)
            if rest.startswith(form) or beginning:
                covered.update(range(start, min(len(text), start + len(form))))
    expected = "".join(
        MASK if at in covered and at - 1 not in covered else "" if at in covered else text[at]
        for at in range(len(text))
    )
    assert Masker(secrets)(text, cut=cut) == expected
    assert Masker(secrets).mask_bytes(text.encode(), cut=cut) == expected.encode()


def test_it_shows_no_secret():
    """It holds all of them."""
    assert "s3cret" not in repr(Masker(["s3cret"]))
