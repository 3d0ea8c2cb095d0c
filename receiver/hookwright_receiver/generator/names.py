"""Which names a project and its events may have: they become modules, classes and functions."""

import builtins
import keyword
import re
import sys

# Of every Python that a generated project runs on, not just of the one that generates it.
STDLIB = sys.stdlib_module_names | {
    "aifc", "annotationlib", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk",
    "compression", "crypt", "distutils", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis",
    "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "test",
    "uu", "xdrlib",
}  # fmt: skip

# The folders beside the package, and what its modules take for granted.
TAKEN = frozenset({"tests", "build", "dist", "main"})

MAX_NAME = 48
PROJECT = re.compile(r"[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?", re.ASCII)
EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)


def package_name(name: str) -> str:
    """Return the name of a project's package: `my-receiver` -> `my_receiver`."""
    return name.replace("-", "_")


def pascal(name: str) -> str:
    """Return the class name of an event: `form_lead` -> `FormLead`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def name_fault(name: str, imports: frozenset[str]) -> str | None:
    """Say why no project can be called `name`, or None when one can.

    `imports` are the names that its dependencies are imported by.
    """
    package = package_name(name)
    folded = package.casefold()
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if not PROJECT.fullmatch(name):
        return "must be ASCII letters, digits, - and _, beginning with a letter"
    if keyword.iskeyword(package):
        return "is a keyword of Python"
    # A file system that ignores case would find `Flask` where `flask` is asked for.
    hidden = {
        f"would hide the module {folded} of Python's standard library": STDLIB,
        f"would hide the package {folded}, which the receiver depends on": imports,
        f"would clash with what the project calls {folded} itself": TAKEN,
    }
    return next(
        (fault for fault, names in hidden.items() if folded in {name.casefold() for name in names}),
        None,
    )


def event_fault(event: str, reserved: frozenset[str]) -> str | None:
    """Say why no handler can be called `event`, or None when one can.

    `reserved` are the names that the generated modules use themselves.
    """
    if not EVENT.fullmatch(event):
        return "must be lower-case words joined by _ to be the name of a function"
    if keyword.iskeyword(event):
        return "is a keyword of Python"
    if event in dir(builtins) or pascal(event) in dir(builtins):
        return "is a name that Python has built in"
    if event in reserved or pascal(event) in reserved:
        return "is a name that the generated code uses itself"
    return None
