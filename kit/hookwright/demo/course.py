"""The course of a demo: generate, start, send, look, kill, start again, look again."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hookwright.demo.delivery import Kind, deliveries, repeats
from hookwright.demo.host import Host
from hookwright.demo.observation import HANDLED
from hookwright.demo.phases import Phases
from hookwright.demo.processes import Processes
from hookwright.demo.project import Project, Rendered, render_project, write_project
from hookwright.demo.receiver import Receiver
from hookwright.demo.report import Report, Restart
from hookwright.demo.workspace import workspace
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
            async with HttpTransport() as transport:
                await self._deliver(hosts, transport, phases)
                restart = await self._restart(hosts[0], transport, phases)
            with phases.phase("Stop them"):
                logs = {host.receiver.stack: host.receiver.last_lines() for host in hosts}
                await asyncio.gather(*(host.receiver.stop() for host in hosts))
        return Report(
            contract=self._title,
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

    async def _deliver(
        self, hosts: Sequence[Host], transport: HttpTransport, phases: Phases
    ) -> None:
        with phases.phase("Send each event, an invalid one, a repeat, one with a wrong token"):
            for host in hosts:
                await host.send(deliveries(self.contract, host.receiver.project.token), transport)
        with phases.phase("Wait for the handlers, and look into the inboxes"):
            await asyncio.gather(*(host.look(self.contract, self.patience) for host in hosts))

    async def _restart(self, host: Host, transport: HttpTransport, phases: Phases) -> Restart:
        stack, before = host.receiver.stack, host.reading
        with phases.phase(f"Kill {stack} (SIGKILL) and start it again"):
            host.receiver.kill()
            host.receiver.start()
            await host.receiver.ready()
        with phases.phase(f"Look what {stack} still has, repeat an event to it, look again"):
            await host.look(self.contract, self.patience)
            restart = Restart(stack, len(before.messages), host.reading.keeps(before))
            sent = [delivery for delivery, _ in host.sent]
            await host.send(repeats(sent, Kind.AFTER_KILL), transport)
            await host.look(self.contract, self.patience)
        return restart
