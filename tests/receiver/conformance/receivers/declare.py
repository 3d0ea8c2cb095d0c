"""How a broken receiver is declared, and which cases must say so."""

from dataclasses import dataclass

from .in_process import InProcessTarget
from .reference import Receiver
from .server import Server


@dataclass(frozen=True)
class Broken:
    """A defect, the mode and profile that show it, and the cases that fail because of it."""

    receiver: type[Receiver]
    fails: frozenset[str]
    mode: str = "none"
    profile: str = "documented"
    server: type[Server] = Server
    target: type[InProcessTarget] = InProcessTarget

    @property
    def name(self) -> str:
        for part in (self.receiver, self.server, self.target):
            if part not in {Receiver, Server, InProcessTarget}:
                return part.__name__
        raise AssertionError


BROKEN: list[Broken] = []


def fails(*cases: str, mode: str = "none", profile: str = "documented"):
    """Declare which cases the decorated part of a receiver fails."""

    def declare(part: type):
        parts = {"receiver": Receiver}
        kind = next(k for k in (Receiver, Server, InProcessTarget) if issubclass(part, k))
        names = {Receiver: "receiver", Server: "server", InProcessTarget: "target"}
        parts[names[kind]] = part
        BROKEN.append(Broken(fails=frozenset(cases), mode=mode, profile=profile, **parts))
        return part

    return declare
