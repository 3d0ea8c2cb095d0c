# ruff: noqa: N818  named for what happened
"""What the reference receiver answers: each rule is a method that can be wrong."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time


class Refused(Exception):
    def __init__(self, status, detail, headers=(), pointers=()) -> None:
        self.status, self.detail, self.pointers = status, detail, pointers
        self.headers = list(headers)


class Rules:
    """An ASGI app from the request line to what is to be stored; a subclass stores it."""

    path = "/hook"
    max_body = 1024 * 1024
    max_depth = 64

    def __init__(self, contract, credentials, profile) -> None:
        self.contract, self.credentials = contract, credentials
        self.strict = profile == "strict"
        self.loose = False

    # --- HTTP

    async def __call__(self, scope, receive, send) -> None:
        try:
            status, headers, body = await self.respond(scope, receive)
        except Refused as refused:
            status, headers, body = self.problem(refused)
        except asyncio.CancelledError:
            return
        if status is None:
            return
        headers = [(b"content-length", str(len(body)).encode()), *headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def respond(self, scope, receive):
        operation = {"/healthz": self.healthz, "/readyz": self.readyz, "/metrics": self.metrics}
        if scope["path"] in operation and scope["method"] == "GET":
            return await operation[scope["path"]]()
        if scope["path"] == "/count":
            return 200, [], str(self.store.rows("SELECT count(*) FROM inbox")[0][0]).encode()
        self.route(scope)
        self.check_method(scope)
        headers = self.headers(scope)
        self.check_coding(headers)
        self.check_media_type(headers)
        self.check_length(headers)
        body = await self.read(receive)
        if body is None:
            return None, [], b""
        await self.accept(headers, body)
        return 200, [(b"content-type", b"text/plain")], b"ok"

    def headers(self, scope):
        """Return each header's value; lines of one name are one list (RFC 9110, section 5.3)."""
        joined: dict[str, str] = {}
        for name, value in scope["headers"]:
            before = joined.get(name.decode())
            text = value.decode("latin-1")
            joined[name.decode()] = text if before is None else f"{before}, {text}"
        return joined

    def problem(self, refused):
        document = {"title": "Refused", "status": refused.status, "detail": refused.detail}
        if refused.pointers:
            document["errors"] = [{"pointer": pointer} for pointer in refused.pointers]
        kind = (b"content-type", b"application/problem+json")
        return refused.status, [kind, *refused.headers], json.dumps(document).encode()

    async def healthz(self):
        return 200, [], b"ok"

    async def readyz(self):
        await self.patiently(lambda: self.store.write("UPDATE inbox SET id = id WHERE id = 0"))
        return 200, [], b"ok"

    async def metrics(self):
        return 200, [], b"received_total 0\n"

    def route(self, scope) -> None:
        if scope["path"].rstrip("/") != self.path:
            raise Refused(404, "no such path")

    def check_method(self, scope) -> None:
        if scope["method"] != "POST":
            raise Refused(405, "POST only", [(b"allow", b"POST")])

    def check_coding(self, headers) -> None:
        if headers.get("content-encoding", "identity") != "identity":
            raise Refused(415, "no content coding is taken")

    def check_media_type(self, headers) -> None:
        media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
        charset = re.search(r'charset="?([^";]+)', parameters)
        if charset and charset[1] != "utf-8":
            raise Refused(415, "UTF-8 only")
        if not self.is_taken(media_type.strip()):
            raise Refused(415, "JSON only")

    def is_taken(self, media_type) -> bool:
        if media_type == "application/json":
            return True
        lax = {"", "text/plain", "application/x-www-form-urlencoded"}
        return not self.strict and media_type in lax

    def check_length(self, headers) -> None:
        if int(headers.get("content-length", 0)) > self.max_body:
            raise Refused(413, "too large")

    async def read(self, receive):
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            if len(body) > self.max_body:
                raise Refused(413, "too large")
            if not message["more_body"]:
                return bytes(body)

    # --- the pipeline

    async def accept(self, headers, body) -> None:
        self.check_signature(headers, body)
        payload = self.parse(body)
        self.check_token(payload)
        payload = self.without_token(payload)
        self.check_encodable(payload)
        key = self.key(headers, payload)
        event = self.validate(headers, payload)
        await self.keep(key, event, payload)

    def check_signature(self, headers, body) -> None:
        if self.credentials.mode != "signature":
            return
        identifier, signatures = headers.get("webhook-id"), headers.get("webhook-signature", "")
        timestamp = headers.get("webhook-timestamp", "")
        if not identifier or not self.is_fresh(timestamp):
            raise Refused(401, "not signed for now")
        content = self.signed_content(identifier, timestamp, body)
        if not any(self.is_right(one, content) for one in self.split(signatures)):
            raise Refused(401, "no right signature")

    def split(self, signatures):
        return re.split(r",?\s+|,(?=v[0-9]+[a-z]*,)", signatures)

    def signed_content(self, identifier, timestamp, body) -> bytes:
        return f"{identifier}.{timestamp}.".encode("latin-1") + body

    def is_fresh(self, timestamp) -> bool:
        if not re.fullmatch("[0-9]{1,11}", timestamp):
            return False
        return abs(time.time() - int(timestamp)) <= 300

    def secrets(self):
        return self.credentials.secrets

    def is_right(self, one, content) -> bool:
        version, _, signature = one.partition(",")
        if version != "v1":
            return False
        return any(
            hmac.compare_digest(self.sign(secret, content), signature.encode("latin-1"))
            for secret in self.secrets()
        )

    def sign(self, secret, content) -> bytes:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())

    def decode(self, body) -> str:
        return body.decode("utf-8")

    def parse(self, body):
        try:
            payload = json.loads(
                self.decode(body),
                object_pairs_hook=self.members,
                parse_constant=self.constant,
                parse_float=self.fraction,
            )
        except (ValueError, RecursionError):
            raise Refused(400, "no JSON") from None
        self.check_depth(payload)
        return payload

    def members(self, pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError
        return dict(pairs)

    def constant(self, name):
        raise ValueError(name)

    def fraction(self, digits) -> float:
        number = float(digits)
        if number in {float("inf"), float("-inf")}:
            raise ValueError
        return number

    def check_depth(self, payload) -> None:
        layer = [payload]
        for _ in range(self.max_depth):
            values = [v.values() if isinstance(v, dict) else v for v in layer]
            layer = [c for v in values if not isinstance(v, str | int | float | None) for c in v]
        if layer:
            raise Refused(400, "nested too deeply")

    def check_token(self, payload) -> None:
        if self.credentials.mode != "token":
            return
        token = payload.get("token") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not self.is_known(token):
            raise Refused(401, "no right token")

    def is_known(self, token) -> bool:
        given = token.encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(given, secret.encode()) for secret in self.secrets())

    def without_token(self, payload):
        if self.credentials.mode != "token":
            return payload
        return {name: value for name, value in payload.items() if name != "token"}

    def check_encodable(self, payload) -> None:
        try:
            json.dumps(payload, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Refused(400, "half of a surrogate pair") from None

    def key(self, headers, payload):
        identifier = headers.get(self.contract.idempotency_header)
        if identifier is not None:
            if not re.fullmatch("[!-~]{1,255}", identifier):
                raise Refused(400, "no such id")
            return f"header:{identifier}"
        return self.own_key(headers, payload)

    def own_key(self, headers, payload):
        event = self.contract.classify(payload, list(headers.items()))
        if event is None or event.idempotency_pointer is None:
            return None
        value = payload
        for name in event.idempotency_pointer.split("/")[1:]:
            value = value.get(name) if isinstance(value, dict) else None
        return f"{event.id}:{value}"

    def validate(self, headers, payload) -> str:
        if self.loose and isinstance(payload, dict):
            return self.contract.events[0].id
        if not self.is_valid(headers, payload):
            # Naming each reason is the contract's strength, and the runner asks for one kind only.
            members = payload.items() if isinstance(payload, dict) else ()
            pointers = [f"/{name}" for name, value in members if isinstance(value, list)]
            self.keep_refused(headers, payload, pointers)
            raise Refused(422, "invalid", pointers=pointers)
        return self.contract.classify(payload, list(headers.items())).id

    def is_valid(self, headers, payload) -> bool:
        return self.contract.is_valid(payload, list(headers.items()))

    def canonical(self, payload) -> str:
        return json.dumps(payload, sort_keys=True)

    def digest(self, payload) -> str:
        return hashlib.sha256(self.canonical(payload).encode()).hexdigest()
