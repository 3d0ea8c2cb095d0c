"""`grade`: the whole of it from Python."""

import asyncio
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from hookwright_schemas import Contract, load_contract

from .credentials import Credentials
from .engine import Engine, Listener
from .errors import BadOption
from .groups import select
from .model import Report
from .patience import Patience
from .project.environment import find_python
from .project.facts import Facts, read_facts
from .project.target import ProjectTarget
from .target import Target
from .url_target import UrlTarget

PROFILES = ("documented", "strict")


class Options(TypedDict, total=False):
    """What `grade` can be told besides its target.

    `auth` and `secrets` (newest first) are for a URL: a project has its mode and gets secrets of
    the runner's own. `strict` makes warnings failures. `count_url` answers `GET` with the number of
    effects so far. `database_url` names a PostgreSQL server on which to make a project's databases,
    `python` the interpreter to run a project with. `seed` makes the generated payloads again.
    """

    profile: str
    strict: bool
    auth: str | None
    secrets: Sequence[str]
    cases: Collection[str]
    groups: Collection[str]
    seed: int | None
    contract: Contract | str | Path | None
    python: str | None
    count_url: str | None
    database_url: str | None
    patience: Patience
    listeners: Sequence[Listener]


def grade(target: str | Path, **options: Unpack[Options]) -> Report:
    """Fire every case at a receiver and return what it did.

    `target` is a URL, or the folder of a generated project, which is graded in scratch copies.
    Raises BadOption (exit code 2), NoEnvironment (2) or Unreachable (3). Where an event loop runs
    already, use `agrade`.
    """
    return asyncio.run(agrade(target, **options))


async def agrade(target: str | Path, **options: Unpack[Options]) -> Report:
    """Do what `grade` does, within a running event loop."""
    cases = select(options.get("cases", ()), options.get("groups", ()))
    profile = options.get("profile", "documented")
    if profile not in PROFILES:
        raise BadOption(f"the profile is one of {', '.join(PROFILES)}, not {profile!r}")
    is_url = isinstance(target, str) and "://" in target
    graded = (
        _at_url(str(target), profile, options)
        if is_url
        else await _in_folder(Path(target), profile, options)
    )
    engine = Engine(
        graded,
        cases,
        patience=options.get("patience") or Patience(),
        seed=options.get("seed"),
        strict=options.get("strict", False),
        listeners=options.get("listeners", ()),
        options=replay_options(options),
    )
    return await engine.run()


def _at_url(url: str, profile: str, options: Options) -> Target:
    if options.get("python") is not None or options.get("database_url") is not None:
        raise BadOption("--python and --database-url are for a project's folder, not for a URL")
    mode = options.get("auth") or "none"
    if mode == "none" and options.get("secrets"):
        raise BadOption("a secret needs --auth token or --auth signature beside it")
    credentials = Credentials(mode, tuple(options.get("secrets", ())))
    contract = _contract(options.get("contract"))
    return UrlTarget(url, contract, credentials, profile, options.get("count_url"))


async def _in_folder(folder: Path, profile: str, options: Options) -> Target:
    if options.get("auth") or options.get("secrets") or options.get("count_url"):
        raise BadOption(
            "--auth, --secret and --count-url are for a URL: a project has its own mode, and gets "
            "secrets of the runner's own"
        )
    facts = read_facts(folder)
    contract = _contract_of(facts, options.get("contract"))
    return ProjectTarget(
        facts,
        await asyncio.to_thread(find_python, facts.folder, options.get("python")),
        contract,
        profile,
        options.get("database_url"),
        options.get("patience") or Patience(),
    )


def _contract(contract: Contract | str | Path | None) -> Contract:
    return contract if isinstance(contract, Contract) else load_contract(contract)


def _contract_of(facts: Facts, given: Contract | str | Path | None) -> Contract:
    contract = _contract(given)
    if contract.name != facts.contract_name:
        raise BadOption(
            f"the project is for the contract {facts.contract_name}, not {contract.name}: "
            "name the contract's folder with --contract"
        )
    if contract.digest != facts.contract_digest:
        raise BadOption(
            f"the project was generated from another {contract.name} than {contract.version}: "
            "generate it again with `hookwright new --force`, or name its contract with --contract"
        )
    return contract


def replay_options(options: Options) -> tuple[str, ...]:
    """Return what a replay needs on its command line.

    Secrets are left out, because a report is shown to people: the command reads HOOKWRIGHT_SECRET.
    """
    words: list[str] = []
    for name in ("profile", "auth", "contract", "python", "count_url"):
        value = options.get(name)
        if value not in {None, "documented"} and not isinstance(value, Contract):
            words += [f"--{name.replace('_', '-')}", shlex.quote(str(value))]
    if options.get("database_url") is not None:
        words.append('--database-url "$DATABASE_URL"')
    if options.get("strict"):
        words.append("--strict")
    return tuple(words)
