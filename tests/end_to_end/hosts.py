"""Hosts of their own on one machine: network namespaces on a bridge, for as long as a test runs."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.programs import needs

from .commands import HOOKWRIGHT
from .platform import Platform, Process

# With the id of the process that made it: what one that was killed left behind can be told.
PREFIX = "hwtest"
NAMESPACES = Path("/run/netns")
INTERFACES = Path("/sys/class/net")


@dataclass(frozen=True)
class Network:
    """A bridge with an `address` of ours, and hosts that are numbered from 1 on."""

    ip: str
    name: str
    subnet: str

    @property
    def address(self) -> str:
        """The bridge's own: here is what all hosts share."""
        return f"{self.subnet}.1"

    @property
    def cidr(self) -> str:
        """The whole of it."""
        return f"{self.subnet}.0/24"

    def address_of(self, host: int) -> str:
        """Return the address of a host."""
        return f"{self.subnet}.{10 + host}"

    def worker(self, host: int, processes: Platform) -> Process:
        """Start a delivery worker on a host."""
        process = Remote(self, host, processes)
        processes._stack.callback(process.kill)
        return process

    def cut(self, host: int) -> None:
        """Cut a host off: what it sends and what is sent to it vanishes, and nobody is told."""
        self._run("link", "set", self._link(host), "down")

    def join(self, host: int) -> None:
        """Connect a host again."""
        self._run("link", "set", self._link(host), "up")

    def _link(self, host: int) -> str:
        # An interface's name has 15 characters at most.
        return f"hwt{os.getpid()}n{host}"

    def _namespace(self, host: int) -> str:
        return f"{self.name}n{host}"

    def inside(self, host: int) -> list[str]:
        """Return how a command on a host begins."""
        return [self.ip, "netns", "exec", self._namespace(host)]

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [self.ip, *arguments], capture_output=True, text=True, check=False, timeout=30
        )
        if done.returncode != 0:
            raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")

    def _add_bridge(self) -> Callable[[], None]:
        self._run("link", "add", self.name, "type", "bridge")
        return lambda: self._run("link", "del", self.name)

    def _set_up_bridge(self) -> None:
        self._run("addr", "add", f"{self.address}/24", "dev", self.name)
        self._run("link", "set", self.name, "up")

    def _add_host(self, host: int) -> Callable[[], None]:
        namespace = self._namespace(host)
        self._run("netns", "add", namespace)
        # The pair of interfaces goes with it.
        return lambda: self._run("netns", "del", namespace)

    def _set_up_host(self, host: int) -> None:
        link, namespace = self._link(host), self._namespace(host)
        self._run("link", "add", link, "type", "veth", "peer", "eth0", "netns", namespace)
        self._run("link", "set", link, "master", self.name, "up")
        within = ["-n", namespace]
        self._run(*within, "addr", "add", f"{self.address_of(host)}/24", "dev", "eth0")
        self._run(*within, "link", "set", "eth0", "up")
        self._run(*within, "link", "set", "lo", "up")


class Remote(Process):
    """A worker on a host of its own."""

    def __init__(self, network: Network, host: int, processes: Platform) -> None:
        self._begin = network.inside(host)
        super().__init__(processes.folder, ("worker",), processes.settings)

    def start(self) -> None:
        """Start the process."""
        self._logs += 1
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                [*self._begin, HOOKWRIGHT, *self._arguments],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@contextmanager
def network(hosts: int) -> Iterator[Network]:
    """Make a network for the time of a `with` block; skips, saying why, where that is forbidden."""
    ip = needs("ip", "iproute2")
    name = f"{PREFIX}{os.getpid()}"
    made = Network(ip, name, f"10.213.{os.getpid() % 256}")
    _sweep(made)
    with ExitStack() as stack:
        try:
            stack.callback(made._add_bridge())
            for host in range(1, hosts + 1):
                stack.callback(made._add_host(host))
        except OSError as error:
            pytest.skip(f"network namespaces take root (CAP_NET_ADMIN, CAP_SYS_ADMIN): {error}")
        made._set_up_bridge()
        for host in range(1, hosts + 1):
            made._set_up_host(host)
        yield made


def _sweep(network: Network) -> None:
    """Remove what test runs left behind that could not end in order."""
    for kind, folder in (("netns", NAMESPACES), ("link", INTERFACES)):
        for place in folder.glob(f"{PREFIX}*") if folder.is_dir() else ():
            owner = place.name.removeprefix(PREFIX).partition("n")[0]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                network._run(kind, "del", place.name)
