"""From a plan to the content of every file."""

import hashlib
import json
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from hookwright_receiver.generator.answers import Decisions
from hookwright_receiver.generator.errors import TemplateError
from hookwright_receiver.generator.filters import FILTERS, is_identifier, one_line
from hookwright_receiver.generator.plan import PACKAGE, Plan, Source, target_path
from hookwright_receiver.generator.vendor import copy_digest, vendored
from hookwright_schemas import load_contract

SCHEMAS = PurePosixPath(PACKAGE, "schemas")
RECORD = PurePosixPath(".hookwright.json")


def render(plan: Plan) -> dict[PurePosixPath, bytes]:
    """Return the content of every file of the project, by its path, sorted.

    A template that renders to white space alone gives no file. Raises TemplateError.
    """
    context = template_context(plan.decisions)
    rendered: dict[PurePosixPath, bytes] = {}
    for path, source in plan.sources.items():
        if not source.is_template:
            rendered[path] = source.content
            continue
        content = render_template(source, context)
        if content.strip():
            rendered[path] = content
    folder = schemas_folder(plan.decisions.package)
    for path, content in vendored(plan.decisions.contract).items():
        rendered[folder / path] = content
    rendered[RECORD] = record(plan.decisions, rendered)
    return dict(sorted(rendered.items()))


def schemas_folder(package: str) -> PurePosixPath:
    """Return where a project has its contract: `my_receiver` -> `my_receiver/schemas`."""
    return target_path(SCHEMAS, package)


def contract_option(decisions: Decisions) -> str:
    """Return what a command of the kit needs in the project's folder to find its contract."""
    if decisions.contract.digest == load_contract().digest:
        return ""
    return f" --contract {schemas_folder(decisions.package)}"


@cache
def template_environment() -> SandboxedEnvironment:
    """Return an environment in which a name that is not there is an error, not an empty string."""
    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(FILTERS)
    environment.tests["identifier"] = is_identifier
    return environment


def template_context(decisions: Decisions) -> dict[str, Any]:
    """Return what the templates see."""
    return {
        "project": {
            "name": decisions.name,
            "package": decisions.package,
            "path": decisions.path,
            "auth": decisions.auth,
            "sinks": decisions.sinks,
        },
        "contract": decisions.contract,
        "contract_option": contract_option(decisions),
        "stack": decisions.stack,
        "kit_version": kit_version(),
    }


@lru_cache(maxsize=256)
def compiled(source: str) -> Template:
    """Return a template, compiled once however many projects are rendered."""
    return template_environment().from_string(source)


def render_template(source: Source, context: dict[str, Any]) -> bytes:
    """Return one rendered template; raise TemplateError with the template's path and line."""
    try:
        return compiled(source.content.decode()).render(context).encode()
    except Exception as error:
        line = getattr(error, "lineno", None)
        where = f"{source.path}:{line}" if line else str(source.path)
        raise TemplateError(
            str(source.path),
            f"the template {where} is broken: {one_line(str(error))}; reinstall hookwright",
        ) from error


def record(decisions: Decisions, rendered: dict[PurePosixPath, bytes]) -> bytes:
    """Return `.hookwright.json`: what the project was generated from, and a hash of every file."""
    contract = decisions.contract
    document = {
        "kit_version": kit_version(),
        "contract": {
            "name": contract.name,
            "version": contract.version,
            "digest": contract.digest,
            # Another version of the kit may have another built-in one; any other one is kept.
            "built_in": contract is load_contract(),
            "copy": copy_digest(vendored(contract)),
        },
        "answers": {
            "name": decisions.name,
            "stack": decisions.stack.name,
            "auth": decisions.auth,
            "sinks": list(decisions.sinks),
            "path": decisions.path,
        },
        "files": {str(path): digest(content) for path, content in sorted(rendered.items())},
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def kit_version() -> str:
    """Return the version of the kit that generates."""
    return version("hookwright")
