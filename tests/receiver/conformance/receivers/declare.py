"""How a broken receiver is declared, and which cases must say so."""

from dataclasses import dataclass

from .in_process import InProcessTarget
from .reference import Receiver
from .server import Server


@dataclass(frozen=True)
class Broken:
    """A defect, the mode and profile that show it, and the cases that fail, or warn, of it."""

    fails: frozenset[str]
    warns: frozenset[str]
    mode: str
    profile: str
    receiver: type[Receiver] = Receiver
    server: type[Server] = Server
    target: type[InProcessTarget] = InProcessTarget

    @property
    def name(self) -> str:
        for part in (self.receiver, self.server, self.target):
            if part not in {Receiver, Server, InProcessTarget}:
                return part.__name__
        raise AssertionError


BROKEN: list[Broken] = []


def fails(*cases: str, warns=(), mode: str = "none", profile: str = "documented"):
    """Declare which cases the decorated part of a receiver fails, and which warn of it."""

    def declare(part: type):
        parts = {}
        kind = next(k for k in (Receiver, Server, InProcessTarget) if issubclass(part, k))
        names = {Receiver: "receiver", Server: "server", InProcessTarget: "target"}
        parts[names[kind]] = part
        BROKEN.append(Broken(frozenset(cases), frozenset(warns), mode, profile, **parts))
        return part

    return declare


def warns(*cases: str, mode: str = "none", profile: str = "documented"):
    """Declare which cases warn of the decorated part of a receiver, which fails none."""
    return fails(warns=cases, mode=mode, profile=profile)
