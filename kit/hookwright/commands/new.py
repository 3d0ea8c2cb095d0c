"""`hookwright new`: generate a receiver project, and say what to type next."""

import json
import shlex
from pathlib import Path

import click

from hookwright_receiver import STACKS, Answers, Project, generate
from hookwright_receiver.generator import AUTHS, SINKS, is_project
from hookwright_receiver.generator.answers import DEFAULT_AUTH
from hookwright_receiver.generator.render import contract_option
from hookwright_schemas import Contract, load_contract

# Printed, not run. Forty-eight hexadecimal digits are base64 too, as `whsec_` demands.
MAKE_SECRET = "$(python3 -c 'import secrets; print(secrets.token_hex(24))')"  # noqa: S105
SETTINGS = {"token": ("WEBHOOK_TOKENS", ""), "signature": ("WEBHOOK_SECRETS", "whsec_")}
URL = "http://127.0.0.1:8000"
BUILT_IN = "built-in"


@click.command("new", short_help="Generate a receiver project.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--stack",
    type=click.Choice(list(STACKS)),
    help="Required for a new project. "
    + "; ".join(f"{stack.name}: {stack.title}" for stack in STACKS.values())
    + ".",
)
@click.option("--name", help="The project's name; the folder's by default.")
@click.option(
    "--auth",
    type=click.Choice(AUTHS),
    help=f"How the receiver knows the sender; {DEFAULT_AUTH} by default.",
)
@click.option(
    "--sink",
    "sinks",
    multiple=True,
    type=click.Choice(("none", *SINKS)),
    help="Where events go besides the handlers; may be repeated.",
)
@click.option("--path", help="Where the webhook is taken; /webhooks/<contract> by default.")
@click.option(
    "--contract",
    "contract_folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=f"The folder of another contract than the built-in one, or `{BUILT_IN}`.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Generate again over a project, with its own answers where none are given; files that you "
    "changed are kept.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0913, PLR0917  one for each option; click passes them by name
    directory: Path,
    stack: str | None,
    name: str | None,
    auth: str | None,
    sinks: tuple[str, ...],
    path: str | None,
    contract_folder: Path | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Generate a receiver project in DIR, a folder that is new or empty."""
    if stack is None and not is_project(directory):
        raise click.UsageError(f"A new project needs a stack: --stack {'|'.join(STACKS)}")
    answers = Answers(
        name=name,
        stack=stack,
        auth=auth,
        sinks=sinks or None,
        path=path,
        contract=named_contract(contract_folder),
    )
    project = generate(directory, answers, force=force)
    steps = next_steps(project, directory)
    if as_json:
        click.echo(json.dumps(as_document(project, steps)))
    else:
        click.echo("\n".join(as_lines(project, directory, steps)))


def named_contract(named: Path | None) -> Contract | None:
    """Return the contract that `--contract` names; None where it is not given."""
    if named is None:
        return None
    return load_contract() if str(named) == BUILT_IN else load_contract(named)


def next_steps(project: Project, directory: Path) -> dict[str, str]:
    """Return what to type next, in order: label -> command for a POSIX shell."""
    decisions = project.decisions
    commands = decisions.stack.commands
    install = commands["install"].format(package=decisions.package)
    if directory.absolute() != Path.cwd():
        install = f"cd {shlex.quote(str(directory))} && {install}"
    steps = {"install": install}
    before = extra = ""
    if decisions.auth != "none":
        setting, prefix = SETTINGS[decisions.auth]
        if not (project.directory / ".env").exists():
            steps["set the secret"] = (
                f'(umask 077; sed "s|^{setting}=|&{prefix}{MAKE_SECRET}|" .env.example > .env)'
            )
        # `send` is told by the file where the receiver reads it from: no secret is typed or shown,
        # nor does one stand on a command line, which every user of the machine can read.
        if decisions.auth == "token":
            before = f"""sed -n 's/^{setting}=\\([^,]*\\).*/{{"token":"\\1"}}/p' .env | """
            extra = " --data -"
        else:
            before = f"""HOOKWRIGHT_SECRET="$(sed -n 's/^{setting}=//p' .env)" """
    extra += contract_option(decisions)
    steps["serve"] = commands["serve"].format(package=decisions.package)
    event = decisions.contract.events[0].command
    steps["send, from another terminal in the same folder"] = (
        f"{before}hookwright send {event} {URL}{shlex.quote(decisions.path)}{extra}"
    )
    return steps


def as_document(project: Project, steps: dict[str, str]) -> dict[str, object]:
    """Return what was written as a JSON object."""
    written = project.written
    return {
        "directory": str(project.directory),
        "name": project.decisions.name,
        "package": project.decisions.package,
        "stack": project.decisions.stack.name,
        "changes": [
            {"what": change.what, "before": change.before, "after": change.after}
            for change in project.changes
        ],
        "created": [str(path) for path in written.created],
        "updated": [str(path) for path in written.updated],
        "unchanged": [str(path) for path in written.unchanged],
        "removed": [str(path) for path in written.removed],
        "kept": [{"path": str(kept.path), "reason": kept.reason} for kept in written.kept],
        "next": list(steps.values()),
    }


def as_lines(project: Project, directory: Path, steps: dict[str, str]) -> list[str]:
    """Return what was written, and what to type next, for a person."""
    written = project.written
    counts = {
        "created": written.created,
        "updated": written.updated,
        "removed": written.removed,
        "unchanged": written.unchanged,
    }
    told = ", ".join(f"{len(paths)} {verb}" for verb, paths in counts.items() if paths)
    lines = [f"{click.format_filename(directory)}: {project.decisions.stack.title}; files: {told}."]
    lines += [f"  {change}" for change in project.changes]
    lines += [f"  kept {kept.path}: {kept.reason}" for kept in written.kept]
    lines += ["", "Next:"]
    for label, step in steps.items():
        lines += [f"  # {label}", f"  {step}"]
    return lines
