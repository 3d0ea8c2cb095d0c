"""FastAPI with a database: one row for each key, committed before the answer.

python fastapi_store.py PORT FILE [hasty]: a hasty one answers first, and checks and stores in a
background task, which looks for the key before it inserts.
"""

import asyncio
import json
import sqlite3
import sys

import uvicorn
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request

from hookwright_schemas import load_contract

HASTY = "hasty" in sys.argv

contract = load_contract()
database = sqlite3.connect(sys.argv[2], isolation_level=None)
database.execute("CREATE TABLE IF NOT EXISTS messages (key TEXT, message TEXT)")
if not HASTY:
    database.execute("CREATE UNIQUE INDEX IF NOT EXISTS once ON messages (key)")
app = FastAPI(redirect_slashes=False)


def check(body, headers):
    """Return the message and its key; raises what FastAPI answers with."""
    if "content-encoding" in headers:
        raise HTTPException(415, "nothing is unpacked")
    try:
        message = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise HTTPException(400, "no JSON") from None
    if not contract.is_valid(message, list(headers.items())):
        raise HTTPException(422, "not by the contract")
    return message, headers.get("webhook-id") or contract.idempotency_key(
        message, list(headers.items())
    )


def known(key):
    """Return the message that is stored under a key."""
    found = database.execute("SELECT message FROM messages WHERE key = ?", (key,)).fetchone()
    return found and json.loads(found[0])


async def later(body, headers):
    """Do all of it when the answer is out."""
    try:
        message, key = check(body, headers)
    except HTTPException:
        return
    if known(key) is None:
        await asyncio.sleep(0.2)
        database.execute("INSERT INTO messages VALUES (?, ?)", (key, json.dumps(message)))


@app.post("/webhook")
async def webhook(request: Request, background: BackgroundTasks):
    """Take one message."""
    body = await request.body()
    if HASTY:
        background.add_task(later, body, request.headers)
        return "taken"
    message, key = check(body, request.headers)
    try:
        database.execute("INSERT INTO messages VALUES (?, ?)", (key, json.dumps(message)))
    except sqlite3.IntegrityError:
        if known(key) != message:
            raise HTTPException(409, "another message has this id") from None
    return "stored"


@app.get("/count")
async def count():
    """Say how many messages are stored."""
    return database.execute("SELECT count(*) FROM messages").fetchone()[0]


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), http="h11", log_level="critical")
