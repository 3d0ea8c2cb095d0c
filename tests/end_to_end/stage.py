"""A receiver, and the platform with webhooks that go there: each a process, or several."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookwright_receiver.conformance.project.ports import reserved_port
from tests import nameserver

from .hosts import Network
from .platform import HOST, Client, Platform, Process, Server, platform, proven
from .receivers import TOKEN, Project, Receiver, query, receivers
from .waiting import wait_until

# Kinds of what owns a webhook, and what a CTA of that kind is called in the API.
CTAS = ("form", "form", "social_optin")
PROJECTS = 1
# How much of a log is read to see whether its process is up.
BEGINNING = 16 * 1024
UP = ('"listening"', '"working"')
# Attempts of which the lease of one ends soon after the worker that had it was killed. There are
# more attempts than a receiver that is killed again and again can refuse.
SETTINGS = {
    "HOOKWRIGHT_TIMEOUT": "2",
    "HOOKWRIGHT_RETRY_DELAYS": ",".join(["0.1", "0.2", *["0.5"] * 98]),
}


@dataclass
class Member:
    """A process that may be killed; `kind` is what people call it."""

    kind: str
    process: Process | Receiver

    @property
    def is_up(self) -> bool:
        """Tell whether it has got as far as to do its work."""
        file = self.process.log_file if isinstance(self.process, Process) else self.process._log
        with file.open("rb") as log:
            beginning = log.read(BEGINNING).decode("utf-8", "replace")
        return any(word in beginning for word in UP)

    def await_up(self) -> None:
        """Wait until it is up; fails when it ends instead."""
        wait_until(
            lambda: self.is_up or self.process.process.poll() is not None,
            lambda: f"the {self.kind} to start: {self.process.log()}",
            within=60,
        )
        assert self.is_up, f"the {self.kind} ended: {self.process.log()}"

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()

    def restart(self) -> None:
        """Start it again, on the port that it had."""
        self.process.start()


@dataclass
class Source:
    """A CTA or a project with a webhook: a POST of `body(number)` to `path` is an event."""

    path: str
    body: Callable[[int], dict[str, Any]]


@dataclass
class Stage:
    """All that runs. `database_url` is the platform's; `members` are in no order."""

    folder: Path
    processes: Platform
    database_url: str
    origin: str
    receiver: Receiver
    server: Server
    workers: Sequence[Process]
    names: nameserver.Server
    client: Client
    webhook_url: str
    sources: list[Source] = field(default_factory=list)

    @property
    def members(self) -> list[Member]:
        """Return every process."""
        return [
            Member("receiver", self.receiver),
            Member("server", self.server),
            *(Member(f"worker {number}", each) for number, each in enumerate(self.workers, 1)),
        ]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the platform's database."""
        return query(self.database_url, sql)

    def subscribe(self) -> None:
        """Make the CTAs and the projects, each with a webhook."""
        for kind in CTAS:
            made = self.client.done("POST", "/ctas", {"kind": kind, "name": kind})
            self._set_webhook(f"/ctas/{made['id']}")
            self.sources.append(Source(f"/ctas/{made['id']}/leads", _lead))
        for _ in range(PROJECTS):
            made = self.client.done("POST", "/projects", {"name": "links"})
            self._set_webhook(f"/projects/{made['id']}")
            self.sources.append(Source(f"/projects/{made['id']}/links", _link))

    def _set_webhook(self, owner: str) -> None:
        settings = {"url": self.webhook_url, "parameters": {"token": TOKEN}}
        self.client.done("PUT", f"{owner}/webhook", settings)


def new_keys() -> str:
    """Return a key ring for HOOKWRIGHT_KEYS."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


@contextmanager
def stage(
    folder: Path,
    project: Project,
    database_url: str | None = None,
    *,
    workers: int = 0,
    network: Network | None = None,
    **settings: str,
) -> Iterator[Stage]:
    """Start everything for the time of a `with` block; without a URL the platform is on SQLite.

    With `workers` the server has none of its own; on a `network` each is a host of it.
    """
    address = "127.0.0.1" if network is None else network.address
    with ExitStack() as stack:
        names = stack.enter_context(nameserver.zone(host=address))
        ours, theirs = (stack.enter_context(reserved_port()) for _ in range(2))
        environment = {
            **SETTINGS,
            "HOOKWRIGHT_NAMESERVERS": names.address,
            "HOOKWRIGHT_ALLOW_PORTS": str(theirs),
            **settings,
        }
        if database_url is not None:
            environment |= {
                "HOOKWRIGHT_DATABASE_URL": database_url, "HOOKWRIGHT_KEYS": new_keys(),
            }  # fmt: skip
        for name in ("receiver", "platform"):
            (folder / name).mkdir(exist_ok=True)
        starting = stack.enter_context(receivers(folder / "receiver"))
        receiver = starting(project, WORKERS="2", HOST=address, PORT=str(theirs))
        processes = stack.enter_context(platform(folder / "platform", **environment))
        server = processes.serve("--port", str(ours), *(["--no-worker"] if workers else []))
        if network is None:
            running = [processes.worker() for _ in range(workers)]
        else:
            running = [network.worker(host, processes) for host in range(1, workers + 1)]
        Member("server", server).await_up()
        made = Stage(
            folder=folder,
            processes=processes,
            database_url=database_url or f"sqlite:///{folder}/platform/hookwright.db",
            origin=f"http://127.0.0.1:{ours}/api/v1",
            receiver=receiver,
            server=server,
            workers=running,
            names=names,
            client=server.account(),
            webhook_url=f"http://{HOST}:{theirs}{project.path}",
        )
        proven(made.client, names, HOST)
        names.records[HOST] = [f"A {address}", *names.records[HOST][1:]]
        made.subscribe()
        for member in made.members:
            member.await_up()
        yield made


def _lead(number: int) -> dict[str, Any]:
    return {"data": f"{number}@example.com", "name": str(number)}


def _link(number: int) -> dict[str, Any]:
    return {"long_url": "https://www.example.com/", "notes": str(number)}
