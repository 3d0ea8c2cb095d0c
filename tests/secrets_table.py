"""What a signing secret is, wherever it is read: the one table for every end of hookwright.

The sender, the pytest plugin, the grader and every generated receiver are held to it: the same text
is the same key, or is refused, at each of them. None of them may import another's reading; the test
modules of all of them import this one.
"""

import base64

KEY = bytes(range(24))
ENCODED = base64.b64encode(KEY).decode()
# Its base64 has both characters that the URL-safe alphabet writes in another way, and padding.
ODD = b"\xfb\xff\xbe" * 8 + b"x"
ODD_ENCODED = base64.b64encode(ODD).decode()

# text, key, reason
KEYS = [
    (f"whsec_{ENCODED}", KEY, "what Standard Webhooks writes"),
    (f"whsec_{ODD_ENCODED}", ODD, "with + and / and padding"),
    (f"whsec_{ODD_ENCODED.rstrip('=')}", ODD, "padding that was lost says nothing"),
    (f"  whsec_{ENCODED}\t", KEY, "white space around it was pasted along"),
    (f"whsec_{ENCODED}\r\n", KEY, "the end of a file's line"),
    (f"whsec_{ENCODED}\u00a0", KEY, "a no-break space from a page is white space too"),
    (
        "0123456789abcdef0123456789abcdef",
        b"0123456789abcdef0123456789abcdef",
        "`openssl rand -hex 16`: base64 too, but nobody said so",
    ),
    (ENCODED, ENCODED.encode(), "base64 without its prefix is a text like any other"),
    ("my shared secret that is long", b"my shared secret that is long", "a text with spaces"),
    ("pa$$word-with-$signs-in-it", b"pa$$word-with-$signs-in-it", "no shell reads it"),
    ("a\\nback#slash\"and'quotes", b"a\\nback#slash\"and'quotes", "quotes inside are its own"),
    ("geheimnis-für-alle-leute", "geheimnis-für-alle-leute".encode(), "text is UTF-8"),
    ("polar_whs_0123456789abcdef", b"polar_whs_0123456789abcdef", "a prefix of one vendor's own"),
    ("my-whsecret-of-the-shop", b"my-whsecret-of-the-shop", "no prefix: a word of its owner's"),
    ("sk_live_0123456789abcdefgh", b"sk_live_0123456789abcdefgh", "another vendor's"),
]

# text, a word of the reason that is given, why
REFUSED = [
    ("", "empty", "an unset variable of a script"),
    (" \n", "empty", "nothing but white space"),
    ("whsec_", "empty", "the prefix alone"),
    ("whsec_====", "empty", "padding of nothing"),
    (f"whsec_{ODD_ENCODED.replace('+', '-').replace('/', '_')}", "base64", "URL-safe alphabet"),
    ("whsec_!!!!!!!!!!!!!!!!!!!!!!!!", "base64", "lenient decoders make an empty key of it"),
    (f"whsec_{ENCODED[:-3]}", "base64", "a character that no whole byte is left of"),
    (f"whsec_ {ENCODED}", "base64", "a space inside, where a line was folded"),
    (f"whsec_{ENCODED}ü", "base64", "not even ASCII"),
    (f"whsec_whsec_{ENCODED}", "base64", "the prefix twice"),
    (f"WHSEC_{ENCODED}", "whsec_", "the prefix in capitals"),
    (f"whsec-{ENCODED}", "whsec_", "a hyphen for the underscore"),
    (f"v1,whsec_{ENCODED}", "comma", "standard-webhooks#235: hours lost"),
    (f"v1whsec_{ENCODED}", "whsec_", "the same without its comma"),
    (f"WEBHOOK_SECRET=whsec_{ENCODED}", "whsec_", "the whole line of a file"),
    (f"whsec_{ENCODED} whsec_{ENCODED}", "base64", "two, separated by a space"),
    (f"the-older-secret whsec_{ENCODED}", "whsec_", "likewise, the plain one first"),
    (f"whsk_{ENCODED}", "whsk_", "a private key of the asymmetric scheme"),
    (f"whpk_{ENCODED}", "whpk_", "a public key of the asymmetric scheme"),
    (f"WHPK_{ENCODED}", "whpk_", "in capitals"),
    (f'"whsec_{ENCODED}"', "quote", "docker run --env-file keeps them"),
    ("'my shared secret that is long'", "quote", "so does a value of Compose's `environment`"),
    ('my shared secret that is long"', "quote", "half of them"),
    (f"\u200bwhsec_{ENCODED}", "invisible", "a zero-width space, pasted along"),
    (f"whsec_{ENCODED}\ufeff", "invisible", "a byte order mark"),
    ("my shared\u00a0secret that is long", "invisible", "a no-break space inside"),
    ("my shared\nsecret that is long", "invisible", "two lines"),
    ("my shared secret\x00that is long", "invisible", "no variable can hold it"),
    ("half of a pair: \ud800 and more text", "invisible", "no UTF-8"),
    ("one-shared-secret,another-shared-secret", "comma", "commas separate secrets in settings"),
]

# A key that a sender may hold (it is the other end's), and that no receiver of ours should accept.
SHORT = [
    ("short", "5 characters"),
    ("fifteen-letters", "15 characters"),
    ("whsec_QQ==", "one byte"),
    ("whsec_" + base64.b64encode(b"x" * 15).decode(), "26 characters, and a key of 15 bytes"),
]

# token, a word of the reason, why: tokens are texts, compared as they are
REFUSED_TOKENS = [
    ('"the-token-of-this-webhook"', "quote", "the value with its quotes"),
    ("the-token-of\u200b-this-webhook", "invisible", "a zero-width space"),
    ("the-token\u00a0of-this-webhook", "invisible", "a no-break space"),
    ("short", "16", "guessed soon"),
]
TOKENS = ["the-token-of-this-webhook", "tökén-of-this-webhook", "a token $with \\ all#of'it"]

# URLs of PostgreSQL with a password in which `hush` stands, why. Nothing answers on port 1.
DATABASE_URLS = [
    ("postgresql://app:100%hush-pw@127.0.0.1:1/d", "a % that begins no escape"),
    ("postgresql://app:p%00hush@127.0.0.1:1/d", "an escape that libpq forbids"),
    ("postgresql://app:p hush@127.0.0.1:1/d", "a space"),
    ("postgresql://app:p@hush@127.0.0.1:1/d", "an @: the rest becomes the host"),
    ("postgresql://app:p@hush/x@127.0.0.1:1/d", "an @ and a slash"),
    ("postgresql://app:p/hush@127.0.0.1:1/d", "a slash: metaflow-service#458"),
    ("postgresql://app:hush/p@127.0.0.1:1/d", "a slash: what is before it becomes the port"),
    ("postgresql://app:p#hush@127.0.0.1:1/d", "a #"),
    ("postgresql://app:p?hush@127.0.0.1:1/d", "a question mark"),
    ("postgresql://app:p?hush=x&y@127.0.0.1:1/d", "a query, to some"),
    ("postgresql://app:p:hush@127.0.0.1:1/d", "a colon"),
    ("postgresql://app:p\\hush@127.0.0.1:1/d", "a backslash"),
    ("postgresql://app:[hush]@127.0.0.1:1/d", "brackets, as in an IPv6 address"),
    ("postgresql://app:hush-pw/d", "the @ and the host are missing"),
    ("postgresql://127.0.0.1:hush-pw/d", "likewise, where the user looks like a host"),
    ("postgresql://app:hush@[::1/d", "a bracket that is not closed"),
    ("postgresql://app:hush@[::1]x/d", "more behind the bracket"),
    ("postgresql://app:hush@127.0.0.1:54x/d", "a port that is none"),
    ("postgresql://app:hush@127.0.0.1:99999/d", "a port that is too high"),
    ("postgresql://app@127.0.0.1:1/d?password=hush", "the password in the query"),
    ("postgresql://app@127.0.0.1:1/d?password=hu%sh-hush", "and a % in it"),
    ("postgresql://app:hush@127.0.0.1:1/d?no_such_option=1", "an option that there is not"),
    ("postgresql:/app:hush@127.0.0.1:1/d", "one slash"),
    ("postgres+psycopg://app:hush@127.0.0.1:1/d", "the scheme of SQLAlchemy"),
    ("mysql://app:hush@127.0.0.1:1/d", "another database"),
    ("app:hush@127.0.0.1:1/d", "no scheme"),
    ("postgresql://app:hush@127.0.0.1:1/d", "nobody listens"),
    ("postgresql://app:hush@host.invalid:1/d", "nobody knows the host"),
]


def name(row: tuple[object, ...]) -> str:
    """Return a row's reason, as the test's name."""
    return str(row[-1])
