"""Gives every place of a run its own copy of the project, with its own database and port."""

import asyncio
import os
import secrets
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hookwright_receiver import guard
from hookwright_receiver.conformance.credentials import Credentials
from hookwright_receiver.conformance.patience import Patience
from hookwright_receiver.conformance.target import Instance
from hookwright_receiver.conformance.wire import Address
from hookwright_receiver.processes import Processes
from hookwright_schemas import Contract

from .commands import CommandInbox
from .facts import Facts
from .ports import HOST, reserved_port
from .process import ProjectProcess
from .scratch import EFFECTS_FOLDER, copy_project
from .storage import make_storage

STARTING_AT_ONCE = 2
RETRY_DELAYS = "0.05,0.05,0.05,0.05"
SECRET_BYTES = 24

# What a process needs to run at all. Nothing else of the environment reaches it.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass
class ProjectTarget:
    """A generated project's folder. It is read, and never written."""

    facts: Facts
    python: Path
    contract: Contract
    profile: str = "documented"
    database_url: str | None = None
    patience: Patience = field(default_factory=Patience)
    max_body: int = 1024 * 1024
    parallel: int = 8
    own: bool = True

    def __post_init__(self) -> None:
        self.name = str(self.facts.folder)
        self.stack: str | None = self.facts.stack
        self.credentials = make_credentials(self.facts.auth)
        self._starting = asyncio.Semaphore(STARTING_AT_ONCE)

    @asynccontextmanager
    async def instance(self, place: str) -> AsyncIterator[Instance]:
        """Copy the project, start it, and remove all of it at the end; raises Unreachable."""
        del place
        folder = Path(tempfile.gettempdir()) / f"hookwright-check-{secrets.token_hex(8)}"
        with Processes(folder) as processes, reserved_port() as port:
            copy_project(self.facts, folder)
            effects = folder / "effects"
            effects.mkdir()
            storage = await make_storage(self.database_url, folder)
            address = Address(HOST, port)
            command = [str(self.python), "-m", self.facts.package]
            environment = self._environment(address, storage.url, effects)
            process = ProjectProcess(
                command,
                folder,
                environment,
                address,
                storage,
                schemas=folder / self.facts.package / "schemas",
                effects=effects,
                start_timeout=self.patience.start,
                starting=self._starting,
                processes=processes,
            )
            inbox = CommandInbox(command, folder, environment)
            try:
                await process.start()
                yield Instance(address, self.facts.path, inbox, inbox, process)
            finally:
                await process.kill()
                await storage.drop()
                # Many files, and other cases wait for answers meanwhile.
                await asyncio.to_thread(guard.remove, folder)

    def _environment(self, address: Address, database_url: str, effects: Path) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        secrets_of = {"token": "WEBHOOK_TOKENS", "signature": "WEBHOOK_SECRETS"}
        settings = {
            "HOST": address.host,
            "PORT": str(address.port),
            "WEBHOOK_PATH": self.facts.path,
            "WEBHOOK_PROFILE": self.profile,
            "DATABASE_URL": database_url,
            "MAX_BODY_BYTES": str(self.max_body),
            "WORKERS": "2",
            "LOG_LEVEL": "INFO",
            "RETRY_DELAYS": RETRY_DELAYS,
            EFFECTS_FOLDER: str(effects),
            "PYTHONUNBUFFERED": "1",
        }
        if self.credentials.mode in secrets_of:
            name = secrets_of[self.credentials.mode]
            settings[name] = ",".join(self.credentials.secrets)
        return inherited | settings


def make_credentials(mode: str) -> Credentials:
    """Return new secrets for a mode: two of them, the newest first, for rotation."""
    if mode == "none":
        return Credentials()
    if mode == "token":
        return Credentials(mode, tuple(f"token-{secrets.token_hex(SECRET_BYTES)}" for _ in "12"))
    keys = (b64encode(secrets.token_bytes(SECRET_BYTES)).decode() for _ in "12")
    return Credentials(mode, tuple(f"whsec_{key}" for key in keys))
