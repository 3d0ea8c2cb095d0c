"""Receivers that are wrong about tokens."""

from .declare import fails
from .reference import Receiver, Refused


@fails("A1", mode="token")
class ComparesText(Receiver):
    """Compares str in constant time, which takes ASCII only."""

    def is_known(self, token) -> bool:
        if not token.isascii():
            raise TypeError
        return super().is_known(token)


@fails("A1", mode="token")
class PrefixToken(Receiver):
    """Takes the beginning of the token for all of it."""

    def is_known(self, token) -> bool:
        return any(len(token) > 8 and secret.startswith(token) for secret in self.secrets())


@fails("A2", mode="token")
class OneToken(Receiver):
    """Knows the newest token only."""

    def secrets(self):
        return self.credentials.secrets[:1]


@fails("A2", "X1", "X3", mode="token")
class KeepsToken(Receiver):
    """Stores the token with the message, and echoes it."""

    def without_token(self, payload):
        return payload

    def validate(self, headers, payload) -> str:
        try:
            return super().validate(headers, payload)
        except Refused as refused:
            raise Refused(refused.status, str(payload), pointers=refused.pointers) from None
