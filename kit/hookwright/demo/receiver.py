"""One receiver as a process: a generated project, served by this interpreter."""

import sys

from hookwright.demo.project import Project
from hookwright.demo.served import HOST, Program, Served
from hookwright_receiver.processes import Processes


class Receiver(Served):
    """A generated project on a port that the system chooses, and that it keeps."""

    def __init__(self, project: Project, processes: Processes) -> None:
        command = (sys.executable, "-m", project.package)
        settings = {"HOST": HOST, "PORT": "0"}
        name = f"{project.stack} receiver"
        super().__init__(Program(name, command, project.directory, settings), processes)
        self.project = project

    @property
    def stack(self) -> str:
        """The stack that it was generated for."""
        return self.project.stack

    @property
    def url(self) -> str:
        """Where it takes its webhook."""
        return f"{self.origin}{self.project.path}"

    async def ready(self) -> None:
        """Wait until it says that it is ready; raises NotStarted."""
        await super().ready()
        # Webhooks lead there: it has to be found again when it was restarted.
        self.environment["PORT"] = str(self.port)
