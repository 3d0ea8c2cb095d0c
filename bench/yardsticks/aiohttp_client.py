"""A bare aiohttp client: posts, and does nothing else. Arguments: URL COUNT CONCURRENCY BODY."""

import asyncio
import sys

import aiohttp
import uvloop

HEADERS = {"content-type": "application/json"}


async def main(url: str, count: int, concurrency: int, body: bytes) -> None:
    left = count

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with session.post(url, data=body, headers=HEADERS) as answer:
                await answer.read()
                if answer.status != 204:
                    raise RuntimeError(f"the sink answered {answer.status}")

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as tasks:
        for _ in range(concurrency):
            tasks.create_task(work(session))


if __name__ == "__main__":
    target, number, at_once, content = sys.argv[1:]
    uvloop.run(main(target, int(number), int(at_once), content.encode()))
