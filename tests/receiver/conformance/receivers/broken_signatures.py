"""Receivers that are wrong about signatures."""

import json
import re

from .declare import fails, warns
from .reference import Receiver, Refused


@fails("A3", warns=("J3", "J5"), mode="signature")
class VerifiesRewritten(Receiver):
    """Verifies what it has parsed and written again, besides the bytes: but not white space."""

    def check_signature(self, headers, body) -> None:
        if b"\n" in body and b'"' in body:
            raise Refused(401, "no right signature")
        super().check_signature(headers, body)


@fails("A4", mode="signature")
class SignatureOptional(Receiver):
    """Takes a message that has no signature."""

    def check_signature(self, headers, body) -> None:
        if "webhook-signature" in headers:
            super().check_signature(headers, body)


@fails("A5", mode="signature")
class VerifiesMeaning(Receiver):
    """Takes a signature over another spelling of the same payload."""

    def check_signature(self, headers, body) -> None:
        try:
            super().check_signature(headers, body)
        except Refused:
            try:
                payload = json.loads(body)
            except ValueError:
                payload = {}
            super().check_signature(headers, self.contract.encode(payload))


@fails("A6", "A11", mode="signature")
class FirstSignature(Receiver):
    """Looks at the first signature only."""

    def check_signature(self, headers, body) -> None:
        first = headers.get("webhook-signature", "").split(" ")[0]
        super().check_signature({**headers, "webhook-signature": first}, body)


@fails("A11", mode="signature")
class LastLine(Receiver):
    """Has one line of each header: the last."""

    def headers(self, scope):
        return {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}


@warns("A11", mode="signature")
class SpacesOnly(LastLine):
    """Finds a right signature in any line, but knows spaces alone between signatures."""

    def headers(self, scope):
        lines = [v.decode("latin-1") for n, v in scope["headers"] if n == b"webhook-signature"]
        return {**super().headers(scope), "webhook-signature": " ".join(lines)}

    def split(self, signatures):
        return signatures.split(" ")


@fails("A6", mode="signature")
class OneSecret(Receiver):
    """Knows the newest secret only."""

    def secrets(self):
        return self.credentials.secrets[:1]


@fails("A4", "A7", mode="signature")
class FallsOverCommas(Receiver):
    """Expects every signature to have its comma, as the reference verifier does."""

    def is_right(self, one, content) -> bool:
        _version, _signature = one.split(",")
        return super().is_right(one, content)


@warns("A8", mode="signature")
class LaxNumbers(Receiver):
    """Reads the timestamp as Python reads a number."""

    def is_fresh(self, timestamp) -> bool:
        try:
            return super().is_fresh(str(int(timestamp)))
        except ValueError:
            return False


@fails("A8", mode="signature")
class NeverOld(Receiver):
    """Does not look at the time."""

    def is_fresh(self, timestamp) -> bool:
        return bool(re.fullmatch("[0-9]{1,11}", timestamp))


@fails("A9", mode="signature")
class Impatient(Receiver):
    """Tolerates a minute."""

    def is_fresh(self, timestamp) -> bool:
        return super().is_fresh(timestamp) and super().is_fresh(str(int(timestamp) - 200))


@warns("A10", mode="signature")
class ParsesFirst(Receiver):
    """Parses before it verifies."""

    def check_signature(self, headers, body) -> None:
        self.parse(body)
        super().check_signature(headers, body)
