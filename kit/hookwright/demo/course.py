"""The course of a demo: generate, start, prove, send, look, kill, start again, look again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hookwright.demo.delivery import Kind, strange
from hookwright.demo.host import Host
from hookwright.demo.observation import HANDLED
from hookwright.demo.phases import Phases
from hookwright.demo.project import Project, Rendered, render_project, write_project
from hookwright.demo.receiver import Receiver
from hookwright.demo.report import Report, Restart
from hookwright.demo.sending import Direct, Sending, has_platform, platform, subscribe
from hookwright.demo.workspace import workspace
from hookwright_receiver.processes import Processes
from hookwright_schemas import Contract
from hookwright_sender import HttpTransport


def leave_as_generated(_project: Project) -> None:
    """Change nothing in a project."""


@dataclass(frozen=True)
class Course:
    """What a demo shows, on which stacks, and where.

    `keep` is the folder to leave the receivers in. `alter` may change a project before it is
    started: that is how a test sees a receiver fail. `patience` is how long handlers may take, in
    seconds.
    """

    stacks: Sequence[str]
    contract: Contract
    keep: Path | None = None
    alter: Callable[[Project], None] = leave_as_generated
    patience: float = HANDLED

    async def run(self, phases: Phases) -> Report:
        """Run it from the beginning to the end; no process is left, however it ends.

        Raises FolderRefused, NoPlace, NotStarted, NotReached, what the generator raises, and
        ImportError where a receiver could not run here. What did not hold is in the report.
        """
        began = time.monotonic()
        # Before a word is said: what is wrong usage is to be one line.
        rendered = [render_project(stack, self.contract) for stack in self.stacks]
        with workspace(self.keep) as (root, processes):
            with phases.phase(f"Generate receivers of {self._title}: {', '.join(self.stacks)}"):
                hosts = [Host(self._start(each, root, processes)) for each in rendered]
            with phases.phase("Start them as processes, each on a free port"):
                await asyncio.gather(*(host.receiver.ready() for host in hosts))
            async with (
                HttpTransport() as transport,
                self._sending(root, hosts, processes, transport, phases) as sending,
            ):
                await self._deliver(hosts, sending, transport, phases)
                restart = await self._restart(hosts[0], sending, phases)
            with phases.phase("Stop them"):
                logs = {host.receiver.stack: host.receiver.last_lines() for host in hosts}
                await asyncio.gather(*(host.receiver.stop() for host in hosts))
        return Report(
            contract=self._title,
            proofs=sending.proofs,
            rows=tuple(row for host in hosts for row in host.rows()),
            restart=restart,
            seconds=time.monotonic() - began,
            logs=logs,
            troubles={
                host.receiver.stack: host.reading.trouble for host in hosts if host.reading.trouble
            },
            projects=tuple(host.receiver.project for host in hosts),
            folder=None if self.keep is None else root,
        )

    @property
    def _title(self) -> str:
        return f"{self.contract.name} {self.contract.version}"

    def _start(self, rendered: Rendered, root: Path, processes: Processes) -> Receiver:
        """Write a project and start it: it comes up while the next one is written."""
        project = write_project(rendered, root)
        self.alter(project)
        receiver = Receiver(project, processes)
        receiver.start()
        return receiver

    @asynccontextmanager
    async def _sending(
        self,
        root: Path,
        hosts: Sequence[Host],
        processes: Processes,
        transport: HttpTransport,
        phases: Phases,
    ) -> AsyncIterator[Sending]:
        """Yield what lets events happen: the platform, where they happen on one."""
        if not has_platform(self.contract):
            yield Direct(self.contract, transport)
            return
        async with AsyncExitStack() as stack:
            with phases.phase("Start the platform, and a name server for it to ask"):
                served, zone = await stack.enter_async_context(platform(root, hosts, processes))
            with phases.phase("Prove each host by a TXT record, and set its webhooks"):
                sending = await subscribe(served, zone, self.contract, hosts)
            yield sending

    async def _deliver(
        self,
        hosts: Sequence[Host],
        sending: Sending,
        transport: HttpTransport,
        phases: Phases,
    ) -> None:
        with phases.phase("Let each event happen, and repeat one"):
            for host in hosts:
                await sending.samples(host)
                await sending.repeat(host, Kind.REPEAT)
        with phases.phase("Send an invalid event, and one with a wrong token, as a stranger"):
            for host in hosts:
                await host.send(strange(self.contract, host.receiver.project.token), transport)
        with phases.phase("Wait for the handlers, and look into the inboxes"):
            await asyncio.gather(*(host.look(self.contract, self.patience) for host in hosts))

    async def _restart(self, host: Host, sending: Sending, phases: Phases) -> Restart:
        stack, before = host.receiver.stack, host.reading
        with phases.phase(f"Kill {stack} (SIGKILL), and start it again"):
            host.receiver.kill()
            await sending.while_down(host, host.receiver.start)
        with phases.phase(f"Look what {stack} still has, repeat an event to it, look again"):
            await host.look(self.contract, self.patience)
            restart = Restart(stack, len(before.messages), host.reading.keeps(before))
            await sending.repeat(host, Kind.AFTER_KILL)
            await host.look(self.contract, self.patience)
        return restart
