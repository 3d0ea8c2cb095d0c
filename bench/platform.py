"""A platform to measure: a database with webhooks that lead to a sink, and its processes."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import SERVER_CORE
from hookwright.demo.name_server import NameServer, name_server
from hookwright.platform.opening import prepared
from hookwright.platform.services import Outward, services
from hookwright_sender.api.services import Services
from hookwright_sender.encryption.key_ring import new_key
from hookwright_sender.platform.capture import Lead
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.principal import Principal
from hookwright_sender.settings import PREFIX, Settings
from hookwright_sender.wire import HttpTransport

ADDRESS = "127.0.0.1"
BATCH = 500
PERSON = ("john.smith.1257121140@example.com", "John Smith")
STOP_TIMEOUT = 30


@contextmanager
def names() -> Iterator[NameServer]:
    """Serve a zone from a thread: a sender asks it once for each connection."""
    ready, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    made: list[NameServer] = []

    async def serve() -> None:
        async with name_server() as zone:
            made.append(zone)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


@dataclass(frozen=True)
class Platform:
    """A database that was set up, and the settings under which processes use it."""

    settings: Settings
    zone: NameServer
    services: Services
    principal: Principal

    def environment(self) -> dict[str, str]:
        """Return the environment in which a process has the same settings."""
        given = self.settings.model_dump(exclude_none=True)
        return {
            **os.environ,
            **{
                PREFIX + name.upper(): ",".join(value) if isinstance(value, tuple) else str(value)
                for name, value in given.items()
            },
        }

    @contextmanager
    def process(
        self, folder: Path, *arguments: str, core: str = SERVER_CORE
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Run `hookwright ...` on a core of its own until the end of the block."""
        with (folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                ["taskset", "-c", core, sys.executable, "-m", "hookwright", *arguments],
                cwd=folder,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
            try:
                yield process
            finally:
                process.terminate()
                process.wait(STOP_TIMEOUT)

    def webhooks(self, urls: Sequence[str]) -> list[int]:
        """Make a CTA with a webhook for each URL, its host proven; return their ids."""
        return asyncio.run(self._webhooks(urls))

    async def _webhooks(self, urls: Sequence[str]) -> list[int]:
        made, proven = [], set[str]()
        for url in urls:
            host = url.split("/")[2].partition(":")[0]
            if host not in proven:
                proven.add(host)
                domain = self.services.domains.add(self.principal, host)
                self.zone.add(host, "A", ADDRESS)
                self.zone.add(host, "TXT", domain.record.value)
                await self.services.domains.verify(self.principal, host)
            cta = self.services.ctas.create(self.principal, "form", "bench")
            await self.services.webhooks.set(
                self.principal, Owner("cta", cta.id), "custom", url, {}
            )
            made.append(cta.id)
        return made

    def emit(self, ctas: Sequence[int], count: int) -> None:
        """Let `count` leads happen, to the CTAs in turn, in batches."""
        for start in range(0, count, BATCH):
            batch = range(start, min(count, start + BATCH))
            self.services.capture.emit(
                self.principal, [Lead(ctas[number % len(ctas)], *PERSON) for number in batch]
            )


@contextmanager
def platform(database_url: str, ports: Sequence[int], **given: object) -> Iterator[Platform]:
    """Set up a database; deliveries may go to these ports of the loopback."""
    with names() as zone:
        settings = Settings.read(
            database_url=database_url,
            keys=new_key(),
            allow_networks=f"{ADDRESS}/32",
            allow_ports=",".join(map(str, ports)),
            allow_http=True,
            nameservers=zone.address,
            **given,
        )
        outward = Outward.of(settings)
        with prepared(settings) as (database, ring):
            transport = HttpTransport(settings.timeout)
            made = services(database, ring, outward, transport)
            account = made.accounts.create("bench")
            yield Platform(settings, zone, made, Principal(account.id, "command"))
