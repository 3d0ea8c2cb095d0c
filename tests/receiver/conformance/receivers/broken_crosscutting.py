# ruff: noqa: ARG002  a rule that is wrong often ignores what it is given
"""Receivers that say too much or too little."""

from .declare import fails, warns
from .reference import Receiver, Refused


@warns("X1")
class PlainRefusals(Receiver):
    """Refuses in plain text."""

    def problem(self, refused):
        text = (b"content-type", b"text/plain")
        return refused.status, [text, *refused.headers], refused.detail.encode()


@warns("X1")
class CutProblems(Receiver):
    """Says that a refusal is a problem document, and ends it half-way."""

    def problem(self, refused):
        status, headers, body = super().problem(refused)
        return status, headers, body[: len(body) // 2]


@fails("X1")
class ShowsTraces(Receiver):
    """Shows where in the code a refusal came from."""

    def problem(self, refused):
        refused.detail = (
            f'Traceback (most recent call last):\n  File "app.py", line 1: {refused.detail}'
        )
        return super().problem(refused)


@fails("X1")
class NamesFiles(Receiver):
    """Names a file of the machine."""

    def problem(self, refused):
        refused.detail = f"{refused.detail} ({self.world.path})"
        return super().problem(refused)


@warns("X1")
class NoPointers(Receiver):
    """Does not say where a payload is wrong."""

    def problem(self, refused):
        refused.pointers = ()
        return super().problem(refused)


@fails("X1")
class LogsTraces(Receiver):
    """Logs a traceback for every refusal."""

    def problem(self, refused):
        self.world.log.append("Traceback (most recent call last):")
        return super().problem(refused)


@fails("X1", mode="token")
class LogsSecrets(Receiver):
    """Logs bodies."""

    async def accept(self, headers, body) -> None:
        self.world.log.append(body.decode("utf-8", "replace"))
        await super().accept(headers, body)


@warns("X2")
class AlwaysReady(Receiver):
    """Says that it is ready without trying."""

    readyz = Receiver.healthz


@warns("X2")
class NoMetrics(Receiver):
    """Has nothing to measure it by."""

    async def metrics(self):
        raise Refused(404, "no such path")


@warns("X3")
class ForgetsRefused(Receiver):
    """Keeps nothing of what it refuses."""

    def keep_refused(self, headers, payload, pointers) -> None:
        return


@warns("X3")
class KeepsAllRefused(Receiver):
    """Keeps as many refused messages as anyone sends."""

    def trim_refused(self) -> None:
        return


@warns("X3")
class NoReasons(Receiver):
    """Does not say why a message was refused."""

    def keep_refused(self, headers, payload, pointers) -> None:
        super().keep_refused(headers, payload, [])
