"""Receivers that are wrong in one way each, and the cases that must say so."""

import asyncio
import contextlib
import gzip
import json
import re
import unicodedata
import uuid
from dataclasses import dataclass

from .in_process import InProcessTarget
from .reference import Receiver, Refused
from .server import Server
from .store import Busy


@dataclass(frozen=True)
class Broken:
    """A defect, the mode and profile that show it, and the cases that fail because of it."""

    receiver: type[Receiver]
    fails: frozenset[str]
    mode: str = "none"
    profile: str = "documented"
    server: type[Server] = Server
    target: type[InProcessTarget] = InProcessTarget

    @property
    def name(self) -> str:
        for part in (self.receiver, self.server, self.target):
            if part not in {Receiver, Server, InProcessTarget}:
                return part.__name__
        raise AssertionError


BROKEN: list[Broken] = []


def fails(*cases: str, mode: str = "none", profile: str = "documented"):
    """Declare which cases the decorated part of a receiver fails."""

    def declare(part: type):
        parts = {"receiver": Receiver}
        kind = next(k for k in (Receiver, Server, InProcessTarget) if issubclass(part, k))
        names = {Receiver: "receiver", Server: "server", InProcessTarget: "target"}
        parts[names[kind]] = part
        BROKEN.append(Broken(fails=frozenset(cases), mode=mode, profile=profile, **parts))
        return part

    return declare


def changed(payload, **fields):
    """Return a payload with the fields that it has replaced."""
    return {**payload, **{k: v for k, v in fields.items() if k in payload}}


class Mending(Receiver):
    """Judges a mended payload in place of the one that came."""

    def mend(self, payload):
        raise NotImplementedError

    def verdict(self, headers, payload):
        mended = self.mend(payload) if isinstance(payload, dict) else payload
        return super().verdict(headers, mended)


# --- payloads


@fails("P1", "P2", "P7", "P8", "P9", "P11", "P12", "D1", "D6")
class UnknownEvent(Mending):
    """Was never told of one of the events."""

    def mend(self, payload):
        return {} if "extended_info" in payload else payload


@fails("P2")
class ParametersAsText(Receiver):
    """Gives handlers every parameter as a string."""

    def parameters(self, payload):
        return {name: str(value) for name, value in super().parameters(payload).items()}


@fails("P3", "P6")
class MissingIsEmpty(Mending):
    """Fills in what is missing."""

    def mend(self, payload):
        return {"name": "", "date": "2020-01-01", **payload} if "data" in payload else payload


@fails("P4")
class Coerces(Mending):
    """Makes strings of numbers."""

    def mend(self, payload):
        return {k: str(v) if isinstance(v, int | float) else v for k, v in payload.items()}


@fails("P5")
class NullIsEmpty(Mending):
    """Takes null for an empty string."""

    def mend(self, payload):
        return {k: "" if v is None else v for k, v in payload.items()}


@fails("P6")
class FirstThatFits(Mending):
    """Looks at the fields of one event only, whatever else is there."""

    def mend(self, payload):
        lead = {"data", "type", "date", "name"}
        if lead <= payload.keys() and "short_url" in payload:
            return {name: payload[name] for name in lead}
        return payload


@fails("P4", "P7")
class AnyEnumeration(Mending):
    """Takes every text for a value of an enumeration."""

    def mend(self, payload):
        is_text = isinstance(payload.get("type"), str)
        return (
            {**payload, "type": "other"} if is_text and "extended_info" not in payload else payload
        )


@fails("P8")
class DatesByPattern(Mending):
    """Takes everything for a date that looks like one."""

    def mend(self, payload):
        looks = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(payload.get("date")))
        return changed(payload, date="2020-01-01") if looks else payload


@fails("P4", "P9")
class AnyText(Mending):
    """Does not look into the string that should hold an object."""

    def mend(self, payload):
        is_text = isinstance(payload.get("extended_info"), str)
        return changed(payload, extended_info="{}") if is_text else payload


@fails("P10")
class IndexesAtOnce(Receiver):
    """Looks for a field before it knows that there is an object."""

    def check_encodable(self, payload) -> None:
        super().check_encodable(payload)
        payload.get("data")


@fails("P2", "P11")
class RoundsIntegers(Receiver):
    """Keeps numbers as doubles."""

    def members(self, pairs):
        big = {k: int(float(v)) for k, v in pairs if type(v) is int}
        return {**super().members(pairs), **big}


@fails("P12")
class Normalises(Receiver):
    """Stores text in composed form."""

    def canonical(self, payload) -> str:
        return unicodedata.normalize("NFC", json.dumps(payload, ensure_ascii=False))


@fails("P12")
class RefusesNul(Receiver):
    """Cannot store NUL, and says so with an error of its own."""

    def check_encodable(self, payload) -> None:
        super().check_encodable(payload)
        members = payload.values() if isinstance(payload, dict) else ()
        if any("\0" in member for member in members if isinstance(member, str)):
            raise RuntimeError


# --- JSON


class Parsing(Receiver):
    """Tries another reading of a text that is not JSON."""

    def again(self, text):
        raise NotImplementedError

    def parse(self, body):
        try:
            return super().parse(body)
        except Refused:
            try:
                text = self.again(body.decode())
            except (ValueError, RecursionError):
                raise Refused(400, "no JSON") from None
            return super().parse(text.encode())


@fails("J1")
class EmptyIsPing(Receiver):
    """Answers a body without anything in it as if it were a probe."""

    async def accept(self, headers, body) -> None:
        if body.strip():
            await super().accept(headers, body)


@fails("J2")
class Completes(Parsing):
    """Adds the brace that is missing."""

    def again(self, text):
        return text + "}"


@fails("J3")
class Lenient(Parsing):
    """Takes trailing commas and comments."""

    def again(self, text):
        return re.sub(r",\s*}", "}", re.sub(r"/\*.*?\*/", "", text))


@fails("J4")
class TakesConstants(Receiver):
    """Takes NaN and Infinity."""

    def constant(self, name):
        return 0


@fails("J5")
class FirstDocument(Parsing):
    """Reads one document and leaves the rest."""

    def again(self, text):
        _, end = json.JSONDecoder().raw_decode(text)
        return text[:end]


@fails("J6")
class LastKeyWins(Receiver):
    """Keeps the last of two equal keys."""

    def members(self, pairs):
        return dict(pairs)


@fails("J7")
class Recursive(Receiver):
    """Lets the parser's overflow through."""

    def parse(self, body):
        with contextlib.suppress(ValueError):
            json.loads(body)
        return super().parse(body)


@fails("J8")
class Overflows(Receiver):
    """Lets the integer limit's error through."""

    def parse(self, body):
        try:
            json.loads(body)
        except ValueError as error:
            if "Exceeds the limit" in str(error):
                raise RuntimeError from None
        except RecursionError:
            pass
        return super().parse(body)


@fails("J8")
class Infinite(Receiver):
    """Makes infinity of 1e400."""

    def fraction(self, digits) -> float:
        return float(digits)


# --- encodings


@fails("E1")
class Replaces(Receiver):
    """Puts a sign in place of what is not UTF-8."""

    def decode(self, body) -> str:
        return body.decode("utf-8", "replace")


@fails("E2")
class FallsOverMark(Receiver):
    """Does not expect a byte-order mark."""

    def decode(self, body) -> str:
        if body.startswith(b"\xef\xbb\xbf"):
            raise RuntimeError
        return super().decode(body)


@fails("E3")
class Guesses(Receiver):
    """Guesses the encoding, as Python's json does."""

    def decode(self, body) -> str:
        return body.decode(json.detect_encoding(body))


@fails("E4")
class FallsOverSurrogates(Receiver):
    """Notices half of a pair only when it is encoded."""

    def check_encodable(self, payload) -> None:
        json.dumps(payload, ensure_ascii=False).encode()


@fails("E5")
class Inflates(Receiver):
    """Unpacks gzip."""

    def check_coding(self, headers) -> None:
        self.packed = headers.get("content-encoding") == "gzip"
        if not self.packed:
            super().check_coding(headers)

    async def accept(self, headers, body) -> None:
        await super().accept(headers, gzip.decompress(body) if self.packed else body)


@fails("E5")
class IgnoresCodings(Receiver):
    """Does not look at Content-Encoding."""

    def check_coding(self, headers) -> None:
        return


@fails("E6")
class TrustsCharset(Receiver):
    """Decodes by whatever charset is named."""

    def check_media_type(self, headers) -> None:
        found = re.search("charset=([^;]+)", headers.get("content-type", ""), re.IGNORECASE)
        if found:
            b"{}".decode(found[1].strip('"'))
            headers = {**headers, "content-type": headers["content-type"].partition(";")[0]}
        super().check_media_type(headers)


# --- content types


@fails("C1")
class CaseSensitive(Receiver):
    """Compares the media type as it came."""

    def check_media_type(self, headers) -> None:
        super().check_media_type(headers)
        if "JSON" in headers.get("content-type", ""):
            raise Refused(415, "JSON only")


@fails("C2")
class DemandsType(Receiver):
    """Refuses a message without a media type."""

    def is_taken(self, media_type) -> bool:
        return media_type != "" and super().is_taken(media_type)


@fails("C3")
class RefusesForms(Receiver):
    """Refuses JSON that is called a form."""

    def is_taken(self, media_type) -> bool:
        return not media_type.endswith("urlencoded") and super().is_taken(media_type)


@fails("C4")
class Prefix(Receiver):
    """Looks at the beginning of the media type only."""

    def is_taken(self, media_type) -> bool:
        return media_type.startswith("application/json") or super().is_taken(media_type)


@fails("C5")
class ReadsForms(Receiver):
    """Falls back on form fields, and calls that a ping."""

    async def accept(self, headers, body) -> None:
        if not re.fullmatch(rb"[a-z]=[0-9](&[a-z]=[0-9])*", body):
            await super().accept(headers, body)


@fails("C2", "C3", "C5", profile="strict")
class NeverStrict(Receiver):
    """Knows no strict profile."""

    def is_taken(self, media_type) -> bool:
        lax = {"", "application/json", "text/plain", "application/x-www-form-urlencoded"}
        return media_type in lax

    async def accept(self, headers, body) -> None:
        if body != b"a=1&b=2":
            await super().accept(headers, body)


# --- methods, paths, sizes


@fails("M1", "M2")
class AnyMethod(Receiver):
    """Takes a message by every method."""

    def check_method(self, scope) -> None:
        return


@fails("M1")
class NoAllow(Receiver):
    """Does not say which method would be right."""

    def check_method(self, scope) -> None:
        if scope["method"] != "POST":
            raise Refused(405, "no")


@fails("M2")
class TakesOptions(Receiver):
    """Stores what comes with OPTIONS."""

    def check_method(self, scope) -> None:
        if scope["method"] != "OPTIONS":
            super().check_method(scope)


@fails("M3")
class Redirects(Receiver):
    """Redirects to the path without a slash."""

    def route(self, scope) -> None:
        super().route(scope)
        if scope["path"] != self.path:
            raise Refused(307, "there", [(b"location", self.path.encode())])


@fails("M4", "H8")
class CatchAll(Receiver):
    """Takes a message at every path."""

    def route(self, scope) -> None:
        return


@fails("S1")
class OffByOne(Receiver):
    """Refuses a body that is as long as the limit."""

    def check_length(self, headers) -> None:
        if int(headers.get("content-length", 0)) >= self.max_body:
            raise Refused(413, "too large")


@fails("S2")
class ReadsFirst(Receiver):
    """Looks at the length when all of the body is there."""

    def check_length(self, headers) -> None:
        return


@fails("S3")
class TrustsLength(Receiver):
    """Bounds what is announced, not what comes."""

    async def read(self, receive):
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            if not message["more_body"]:
                return body


@fails("S1", "S4")
class SmallLimit(Receiver):
    """Has the limit that Express has by default."""

    def check_length(self, headers) -> None:
        if int(headers.get("content-length", 0)) > 100 * 1024:
            raise Refused(413, "too large")


# --- tokens


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


# --- signatures


@fails("A3", mode="signature")
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


@fails("A6", mode="signature")
class FirstSignature(Receiver):
    """Looks at the first signature only."""

    def check_signature(self, headers, body) -> None:
        first = headers.get("webhook-signature", "").split(" ")[0]
        super().check_signature({**headers, "webhook-signature": first}, body)


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


@fails("A8", mode="signature")
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


@fails("A10", mode="signature")
class ParsesFirst(Receiver):
    """Parses before it verifies."""

    def check_signature(self, headers, body) -> None:
        self.parse(body)
        super().check_signature(headers, body)


# --- deduplication


@fails("D1", "D2", "D4", "D7", "K2", "H6")
class IgnoresIds(Receiver):
    """Does not look at the idempotency header."""

    def key(self, headers, payload):
        super().key(headers, payload)
        return (
            f"none:{headers['webhook-id']}:{uuid.uuid4()}"
            if "webhook-id" in headers
            else super().key(headers, payload)
        )


@fails("D2")
class ReuseIsRepeat(Receiver):
    """Takes another body under a known id for a repeat."""

    def digest(self, payload) -> str:
        return "the same"


@fails(
    "P1",
    "P11",
    "P12",
    "D1",
    "D2",
    "D3",
    "D4",
    "D6",
    "D7",
    "D8",
    "K1",
    "K2",
    "K3",
    "K4",
    "H5",
    "H6",
    "X3",
)
class KeyOfBody(Receiver):
    """Takes two equal payloads for one message."""

    def key(self, headers, payload):
        super().key(headers, payload)
        return f"body:{self.digest(payload)}"


@fails("D4")
class KeyWithTime(Receiver):
    """Makes the timestamp part of the key."""

    def key(self, headers, payload):
        key = super().key(headers, payload)
        return key and f"{key} {headers.get('webhook-timestamp', '')}"


@fails("D5")
class NoOwnKey(Receiver):
    """Knows keys from the header only."""

    def own_key(self, payload):
        return None


@fails("D6")
class GuessesKey(Receiver):
    """Without a key, makes one of the body."""

    def own_key(self, payload):
        return super().own_key(payload) or f"body:{self.canonical(payload)}"


class InMemory(Receiver):
    """Keeps the keys that it has seen beside the store."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.seen: dict[str, str] = {}

    async def keep(self, key, event, payload) -> None:
        digest = self.digest(payload)
        known = self.known()
        if key in known and known[key] != digest:
            raise Refused(409, "another message has this id")
        await self.think()
        if key is None:
            await super().keep(None, event, payload)
        elif key not in known:
            await super().keep(f"{key} {uuid.uuid4()}", event, payload)
            self.seen[key] = digest

    def known(self):
        return self.seen

    async def think(self) -> None:
        return


@fails("D7")
class KeysInMemory(InMemory):
    """Forgets every key when it restarts."""


@fails("D8")
class ClaimsEarly(Receiver):
    """Claims the key before it knows whether the message is valid."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.claimed: dict[str, str] = {}

    def key(self, headers, payload):
        key = super().key(headers, payload)
        digest = self.digest(payload)
        if key and self.claimed.setdefault(key, digest) != digest:
            raise Refused(409, "another message has this id")
        return key


@fails("D9")
class AnyId(Receiver):
    """Takes everything for an id."""

    def key(self, headers, payload):
        identifier = headers.get("webhook-id")
        return f"header:{identifier}" if identifier is not None else self.own_key(payload)


# --- time


@fails("T1", "K6")
class HandlesFirst(Receiver):
    """Answers when the handler is done."""

    async def keep(self, key, event, payload) -> None:
        await super().keep(key, event, payload)
        while self.store.rows("SELECT 1 FROM inbox WHERE key = ? AND status = 'pending'", (key,)):
            await asyncio.sleep(0.01)


@fails("T2")
class WaitsForBodies(Server):
    """Has no deadline for a body."""

    def hurry(self) -> None:
        self.head_timeout = 0.6


@fails("T2")
class WaitsForHeads(Server):
    """Has no deadline for a head."""

    def hurry(self) -> None:
        self.body_timeout = 0.6


@fails("T3")
class SwallowsHeaders(Server):
    """Has no limit for a head."""

    async def rest_of_head(self, reader) -> bytes:
        reader._limit = 1 << 40
        return await super().rest_of_head(reader)


# --- concurrency


@fails("K1")
class LosesInCrowds(Receiver):
    """Drops what comes while ten others are being stored."""

    storing = 0

    async def keep(self, key, event, payload) -> None:
        self.storing += 1
        try:
            await asyncio.sleep(0.005)
            if self.storing <= 12:
                await super().keep(key, event, payload)
        finally:
            self.storing -= 1


@fails("K2", "H6")
class LooksThenInserts(InMemory):
    """Looks for the key, and inserts later."""

    def known(self):
        rows = self.store.rows("SELECT key, digest FROM inbox WHERE key IS NOT NULL")
        return {key.partition(" ")[0]: digest for key, digest in rows}

    async def think(self) -> None:
        await asyncio.sleep(0.05)


@fails("D2", "K3", "K4")
class AcknowledgesFirst(Receiver):
    """Answers, and stores a moment later."""

    async def keep(self, key, event, payload) -> None:
        self.spawn(self.later(key, event, payload))

    async def later(self, key, event, payload) -> None:
        await asyncio.sleep(0.1)
        try:
            await super().keep(key, event, payload)
        except Refused:
            return


@fails("K4")
class PretendsToStore(Receiver):
    """Answers 2xx though the store is busy."""

    async def keep(self, key, event, payload) -> None:
        try:
            await super().keep(key, event, payload)
        except Refused as refused:
            if refused.status != 503:
                raise


@fails("K4")
class NoRetryAfter(Receiver):
    """Does not say when to come back."""

    def busy(self):
        return Refused(503, "the inbox is busy")


@fails("K4", "X2")
class WaitsForStore(Receiver):
    """Waits for the store as long as it takes."""

    async def patiently(self, write):
        while True:
            try:
                return write()
            except Busy:
                await asyncio.sleep(0.02)


@fails("K5")
class NeverRetries(Receiver):
    """Gives a message up when its handler fails."""

    async def attempt(self, number, event, payload, attempts) -> None:
        await super().attempt(number, event, payload, 99)


@fails("K5")
class NoReplay(InProcessTarget):
    """Keeps dead letters that nobody can bring back."""

    replays = False


@fails("K6")
class NeverReclaims(Receiver):
    """Leaves a message to the worker that took it, dead or alive."""

    lease = 1e9


@fails("K6")
class SinkTwice(Receiver):
    """Writes to the sink outside the transaction that marks the message as done."""

    async def handle(self, event, payload) -> None:
        if "conformance" in payload:
            text = json.dumps(payload)
            self.store.write("INSERT INTO received VALUES (0, ?)", (text,))
        await super().handle(event, payload)

    def finish(self, number, payload) -> None:
        self.store.write("UPDATE inbox SET status = 'done' WHERE id = ?", (number,))


# --- HTTP


@fails("H1")
class NoChunks(Server):
    """Does not know chunked bodies: there is no length, so there is no body."""

    def framing(self, headers):
        length, chunked = super().framing(headers)
        return length, chunked and False


@fails("H2")
class OutOfStep(Server):
    """Takes what is left of a refused body for the next request."""

    async def unread(self, body, reader, writer) -> bool:
        return True


@fails("H3")
class NoContinue(Server):
    """Refuses to be asked first."""

    async def answer(self, method, target, headers, body, writer) -> bool:
        if b"expect" in dict(headers):
            await self.refuse(writer, 417)
            return False
        return await super().answer(method, target, headers, body, writer)


@fails("H4")
class ChunksWin(Server):
    """Takes the coding where there is a length too."""

    def framing(self, headers):
        if any(name == b"transfer-encoding" for name, _ in headers):
            return 0, True
        return super().framing(headers)


@fails("H4")
class FirstLength(Server):
    """Takes the first of two lengths."""

    def framing(self, headers):
        kept = [h for h in headers if h[0] != b"content-length"]
        return super().framing(kept + [h for h in headers if h[0] == b"content-length"][:1])


@fails("H5")
class TakesHalves(Receiver):
    """Takes what has come when the sender is gone."""

    async def read(self, receive):
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return body
            body += message["body"]
            if len(body) > self.max_body:
                raise Refused(413, "too large")
            if not message["more_body"]:
                return body


@fails("H7")
class EndsBySignal(InProcessTarget):
    """Ends with the signal's exit code."""

    async def stop(self, server) -> int:
        await super().stop(server)
        return 143


@fails("H7")
class HangsUp(InProcessTarget):
    """Leaves the requests in flight without an answer."""

    async def stop(self, server) -> int:
        await server.abort()
        return 0


@fails("H8")
class OneAtATime(Server):
    """Closes after every answer."""

    async def answer(self, method, target, headers, body, writer) -> bool:
        await super().answer(method, target, headers, body, writer)
        return False


# --- across


@fails("X1")
class PlainRefusals(Receiver):
    """Refuses in plain text."""

    def problem(self, refused):
        text = (b"content-type", b"text/plain")
        return refused.status, [text, *refused.headers], refused.detail.encode()


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


@fails("X1")
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


@fails("X2")
class AlwaysReady(Receiver):
    """Says that it is ready without trying."""

    readyz = Receiver.healthz


@fails("X2")
class NoMetrics(Receiver):
    """Has nothing to measure it by."""

    async def metrics(self):
        raise Refused(404, "no such path")


@fails("X3")
class ForgetsRefused(Receiver):
    """Keeps nothing of what it refuses."""

    def keep_refused(self, headers, payload, pointers) -> None:
        return


@fails("X3")
class KeepsAllRefused(Receiver):
    """Keeps as many refused messages as anyone sends."""

    def trim_refused(self) -> None:
        return


@fails("X3")
class NoReasons(Receiver):
    """Does not say why a message was refused."""

    def keep_refused(self, headers, payload, pointers) -> None:
        super().keep_refused(headers, payload, [])


# --- generated


@fails("G1")
class NoNegatives(Receiver):
    """Refuses a negative parameter: no case of the fixed ones has one."""

    def verdict(self, headers, payload):
        members = payload.values() if isinstance(payload, dict) else ()
        negative = any(isinstance(v, int | float) and v < 0 for v in members)
        return super().verdict(headers, {} if negative else payload)


@fails("P9", "G2")
class TakesFilledObjects(Mending):
    """Takes an object with something in it for a text: no case of the fixed ones has one."""

    def mend(self, payload):
        samples = [event.samples[0].payload for event in self.contract.events]
        known = {name: value for sample in samples for name, value in sample.items()}
        filled = {k for k, v in payload.items() if isinstance(v, dict) and v}
        return {k: known.get(k, v) if k in filled else v for k, v in payload.items()}
