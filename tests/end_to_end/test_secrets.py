"""A secret is one thing: what the sender signs with is what a generated receiver verifies with."""

import asyncio
import importlib
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
from standardwebhooks import Webhook

from hookwright_receiver import STACKS, Answers, generate, plan_project, render
from hookwright_receiver.conformance.errors import BadOption, Unreachable
from hookwright_receiver.conformance.project.storage import make_storage
from hookwright_schemas import load_contract
from hookwright_sender import Event, Message, Signer
from tests import secrets_table

SETTINGS = {"signature": "WEBHOOK_SECRETS", "token": "WEBHOOK_TOKENS"}
# In a setting commas separate several; there such a text is two secrets, or one that is too short.
LISTS = ("comma",)


# The stack whose files are tried here; a test below says that those of any other read alike.
STACK = next(iter(STACKS))
# What has no part in reading a secret: how a request comes in and goes out.
SERVING = {"__main__", "app", "bridge", "commit", "endpoint", "reading", "server"}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Make a receiver of each mode; return what imports a module of it, by mode and name."""
    root = tmp_path_factory.mktemp("receivers")
    with pytest.MonkeyPatch.context() as patch:
        for mode in SETTINGS:
            name = f"{mode}_secrets"
            generate(root / name, Answers(name=name, stack=STACK, auth=mode))
            patch.syspath_prepend(str(root / name))

        def module(mode, name):
            return importlib.import_module(f"{mode}_secrets.{name}")

        yield module
    for name in [name for name in sys.modules if "_secrets" in name.partition(".")[0]]:
        del sys.modules[name]


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack != STACK])
@pytest.mark.parametrize("mode", SETTINGS)
def test_every_stack_reads_them_alike(stack, mode):
    """By the same modules, to the byte: what the tables find of one holds for the other."""

    def reading(stack):
        files = render(plan_project(Answers(name="app", stack=stack, auth=mode), Path("app")))
        return {
            path: content
            for path, content in files.items()
            if path == PurePosixPath("compose.yaml")
            or (path.match("app/*.py") and path.stem not in SERVING)
        }

    of_one, of_other = reading(STACK), reading(stack)
    assert of_one == of_other
    for module in ("authentication", "contract", "database", "pipeline", "settings"):
        assert PurePosixPath(f"app/{module}.py") in of_one


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A working directory without a file, and an environment without a setting."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS.values():
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("row", secrets_table.KEYS, ids=secrets_table.name)
def test_both_ends_have_one_key(package, row, empty, monkeypatch):
    """From the environment and from the file; signed by us and by the published library."""
    text, key, why = row
    settings = package("signature", "settings")
    (empty / ".env").write_text(f"WEBHOOK_SECRETS={text}\n", encoding="utf-8", newline="")
    from_file = settings.Settings.load()
    (empty / ".env").unlink()
    monkeypatch.setenv("WEBHOOK_SECRETS", text)
    from_environment = settings.Settings.load()
    assert from_file.webhook_secrets == from_environment.webhook_secrets == (key,), why

    pipeline = package("signature", "pipeline").Pipeline(
        from_file, package("signature", "contract").load_contract()
    )
    message = Message.of(Event.sample(load_contract(), "form_lead"))
    now = int(time.time())
    ours = message.headers_at(now, Signer([text]))
    theirs = Webhook(key).sign(message.id, datetime.fromtimestamp(now, UTC), message.body.decode())
    for signature in (ours["webhook-signature"], theirs):
        assert pipeline.accept(ours | {"webhook-signature": signature}, message.body).key


@pytest.mark.parametrize(
    ("text", "reason", "why"),
    secrets_table.REFUSED,
    ids=map(secrets_table.name, secrets_table.REFUSED),
)
def test_both_ends_refuse_what_was_not_meant(package, text, reason, why):
    """The receiver does not start, in one line that does not show the secret."""
    settings = package("signature", "settings")
    if reason in LISTS and all(len(part) >= 16 for part in text.split(",")):
        keys = tuple(part.encode() for part in text.split(","))
        assert settings.Settings.load({"WEBHOOK_SECRETS": text}).webhook_secrets == keys, why
        return
    with pytest.raises(settings.SettingsError, match="WEBHOOK_SECRETS") as caught:
        settings.Settings.load({"WEBHOOK_SECRETS": text}).require_secrets()
    told = str(caught.value).replace("WEBHOOK_SECRETS", "")
    assert "\n" not in told
    assert not any(part in told for part in re.findall(r"\w{9,}", text))


@pytest.mark.parametrize(("text", "why"), secrets_table.SHORT)
def test_a_receiver_takes_no_key_that_is_guessed_soon(package, text, why):
    """The key counts, not how it is written (openai-node#1887)."""
    settings = package("signature", "settings")
    with pytest.raises(settings.SettingsError, match="16"):
        settings.Settings.load({"WEBHOOK_SECRETS": text})


@pytest.mark.parametrize("text", secrets_table.TOKENS)
def test_a_token_is_its_text(package, text, empty):
    """Its UTF-8 bytes, whatever white space is around it."""
    settings = package("token", "settings")
    (empty / ".env").write_text(f"WEBHOOK_TOKENS= {text} ,\r\n", encoding="utf-8", newline="")
    loaded = settings.Settings.load()
    assert loaded.webhook_tokens == (text.encode(),)
    authenticate = package("token", "authentication").authenticate
    assert authenticate({"token": text, "a": 1}, loaded.webhook_tokens) == {"a": 1}


@pytest.mark.parametrize(("text", "reason", "why"), secrets_table.REFUSED_TOKENS)
def test_a_token_that_was_not_meant_is_refused(package, text, reason, why):
    """As the grader refuses it."""
    settings = package("token", "settings")
    with pytest.raises(settings.SettingsError, match=reason) as caught:
        settings.Settings.load({"WEBHOOK_TOKENS": text})
    assert text not in str(caught.value), why


# A line of `.env`, what Compose puts into the container's environment for it, and why. Compose's
# `format: raw` is the reading of `docker run --env-file`: "VAR=VAL", where VAL is taken as it is;
# lines that begin with # and blank ones are left out, and so is a byte order mark
# (docs.docker.com/reference/compose-file/services/#format, docker/cli pkg/kvfile).
LINES = [
    ("WEBHOOK_TOKENS=abc$def-ghi-jkl-mno", "abc$def-ghi-jkl-mno", "docker/compose#11058"),
    ("WEBHOOK_TOKENS=abc${HOME}-ghi-jkl-mno", "abc${HOME}-ghi-jkl-mno", "braces likewise"),
    ("WEBHOOK_TOKENS=abc$$def-ghi-jkl-mno", "abc$$def-ghi-jkl-mno", "nothing is doubled"),
    (r"WEBHOOK_TOKENS=abc\ndef-ghi-jkl-mno", r"abc\ndef-ghi-jkl-mno", "a backslash is one"),
    ("WEBHOOK_TOKENS=abc#def-ghi-jkl-mno", "abc#def-ghi-jkl-mno", "no comment"),
    ("WEBHOOK_TOKENS=abc=def-ghi-jkl-mno=", "abc=def-ghi-jkl-mno=", "the first = separates"),
    ("  WEBHOOK_TOKENS=abc-def-ghi-jkl-mno", "abc-def-ghi-jkl-mno", "space before the name"),
    ("\ufeffWEBHOOK_TOKENS=abc-def-ghi-jkl-mno", "abc-def-ghi-jkl-mno", "a byte order mark"),
    ("# WEBHOOK_TOKENS=abc-def-ghi-jkl-mno", "", "a comment"),
    ("WEBHOOK_TOKENS=", "", "empty"),
    ("WEBHOOK_TOKENS", "", "a name alone: the host's variable, which is not set"),
    ("WEBHOOK_TOKENS= abc-def-ghi-jkl-mno\t", " abc-def-ghi-jkl-mno\t", "we take the space off"),
    ('WEBHOOK_TOKENS="abc-def-ghi-jkl-mno"', '"abc-def-ghi-jkl-mno"', "docker/compose#12174"),
    ("WEBHOOK_TOKENS='abc-def-ghi-jkl-mno'", "'abc-def-ghi-jkl-mno'", "single ones"),
    ("WEBHOOK_TOKENS=abc-def-ghi-jkl-mno # old", "abc-def-ghi-jkl-mno # old", "no comment either"),
]


@pytest.mark.parametrize(("line", "in_container", "why"), LINES)
def test_a_line_means_the_same_in_and_out_of_a_container(package, line, in_container, why, empty):
    """The same tokens, or the same refusal."""
    settings = package("token", "settings")

    def outcome(environ):
        try:
            return settings.Settings.load(environ).webhook_tokens
        except settings.SettingsError as error:
            return str(error)

    (empty / ".env").write_text(line + "\n", encoding="utf-8")
    assert outcome(None) == outcome({"WEBHOOK_TOKENS": in_container}), why


def test_compose_reads_the_file_raw(package):
    """What the table above rests on."""
    root = Path(package("token", "settings").__file__).parents[1]
    compose = (root / "compose.yaml").read_text(encoding="utf-8")
    assert "env_file:\n      - path: .env\n        format: raw\n" in compose


@pytest.mark.parametrize(
    ("url", "why"),
    secrets_table.DATABASE_URLS,
    ids=[why for _, why in secrets_table.DATABASE_URLS],
)
def test_no_piece_of_a_password_is_told(package, url, why):
    """Neither by the receiver that has the URL wrong, nor by the grader."""
    database = package("token", "database")
    settings = package("token", "settings")

    def use():
        database.Database(url).session().read("SELECT 1")

    with pytest.raises((settings.SettingsError, database.Unavailable)) as caught:
        use()
    assert "hush" not in str(caught.value), why
    with pytest.raises((BadOption, Unreachable)) as refused:
        asyncio.run(make_storage(url, Path()))
    assert "hush" not in str(refused.value), why


@pytest.mark.parametrize(("mode", "name"), SETTINGS.items())
def test_settings_are_shown_without_secrets(package, mode, name):
    """A traceback or a test that fails may show them."""
    shown = {name: "hush-hush-hush-hush", "DATABASE_URL": "postgresql://app:hush@127.0.0.1/d"}
    assert "hush" not in repr(package(mode, "settings").Settings.load(shown))
