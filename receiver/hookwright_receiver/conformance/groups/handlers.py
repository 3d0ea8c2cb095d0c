"""Group K, second half: what a handler may do to the receiver that runs it."""

import asyncio
from dataclasses import replace

from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("K", "concurrency and crashes")

# More than a project has workers, whatever each of them takes.
DOOMED = 4


@GROUP.case(
    5,
    "a handler that raises",
    sent="a handler that raises: 3 times, then well; always",
    expect="retried, 1 effect; dead letter that can be replayed",
    why="a handler's failure is not the sender's",
    source="an event would be lost",
    hint="Retry from the inbox with a growing pause, then keep a dead letter that can be replayed.",
    observes=True,
    place="handlers",
)
async def failing(run: Run) -> None:
    """Watch the instrumented handler fail, and let the dead letter succeed when it is replayed."""
    inbox, control = run.inbox, run.control
    thrice = run.messages.message(run.messages.plain, directive="fail:3")
    always = run.messages.message(run.messages.plain, directive="fail:held")
    await run.expect(thrice, ACCEPT, "fails 3 times")
    await run.expect(always, ACCEPT, "fails always")
    runs = await run.handled(thrice, lambda seen: any(r.phase == "done" for r in seen))
    phases = [r.phase for r in runs if r.phase != "start"]
    expected = ["failed"] * 3 + ["done"]
    run.hold(phases == expected, "fails 3 times", ", ".join(expected), ", ".join(phases) or "none")

    async def is_dead() -> bool:
        return any(always.marker in letter.text for letter in await inbox.dead())

    dead = await run.wait(is_dead)
    run.hold(dead, "fails always", "a dead letter", "a dead letter" if dead else "no dead letter")
    if not dead:
        return
    control.release(always.marker)
    letter = next(e for e in await inbox.dead() if always.marker in e.text)
    replayed = await inbox.replay(letter.id)
    runs = await run.handled(always, lambda seen: any(r.phase == "done" for r in seen))
    done = sum(r.phase == "done" for r in runs)
    got = f"handled {done} times" if replayed else "refused to replay it"
    run.hold(replayed and done == 1, "replayed", "handled 1 times", got)
    await run.effects((1, [thrice], "fails 3 times"), (1, [always], "fails always"))


@GROUP.case(
    6,
    "killed while a handler runs",
    sent="SIGKILL while a handler runs, restart",
    expect="the handler runs again; in a database sink its effect is there exactly once",
    why="lease, not loss",
    source="an event would be lost, or doubled",
    hint="Mark a message done only after its handler; a claim that is not renewed runs out.",
    observes=True,
    place="handlers",
)
async def interrupted(run: Run) -> None:
    """Kill inside the handler's first attempt; the second one ends at once."""
    control = run.control
    delivery = run.messages.message(run.messages.plain, directive="hang:1")
    await run.expect(delivery, ACCEPT, "a handler that hangs")
    if not await run.handled(delivery, bool):
        run.hold(False, "the handler", "runs", "it did not run")
        return
    await control.kill()
    await control.start()
    runs = await run.handled(delivery, lambda seen: any(r.phase == "done" for r in seen))
    done = sum(r.phase == "done" for r in runs)
    run.hold(done == 1, "after the restart", "handled again", f"handled {done} times")
    await run.effects((1, [delivery], "killed in the handler"))

    async def is_done() -> bool:
        entry = await run.entry(delivery)
        return entry is not None and entry.status == "done"

    finished = await run.wait(is_done)
    run.hold(finished, "in the inbox", "done", "done" if finished else "not done")
    rows = await control.in_sink(delivery.marker)
    if rows is not None:
        run.hold(rows == 1, "in the database sink", "1 row", f"{rows} rows")


# What a handler raises, and what is told of it.
_RAISES = {
    "cancelled": "asyncio.CancelledError",
    "interrupt": "KeyboardInterrupt",
    "generator": "GeneratorExit",
    "exit": "SystemExit",
    "text": "an error whose text holds NUL and half of a surrogate pair",
    "speechless": "an error that has no text: str() of it raises",
}


@GROUP.case(
    7,
    "a handler that raises what nobody catches",
    sent="handlers that raise no `Exception`, or one whose text cannot be stored or had",
    expect="retried, and a dead letter; the message behind is handled",
    why="a worker that such an error ends is missed by nobody until the inbox is full",
    source="an event would be lost",
    hint="Catch BaseException around a handler, and take its text with care.",
    hints={
        "flask": "except BaseException; repr() in a try; encode(errors='backslashreplace').",
        "starlette": "except BaseException, but for the cancellation of your own task.",
    },
    observes=True,
    place="workers",
)
async def raising(run: Run) -> None:
    """Send one of each, and a good one behind them."""
    inbox = run.inbox
    _ = run.control
    event = run.messages.plain
    sent = {name: run.messages.message(event, directive=f"raise:{name}") for name in _RAISES}
    behind = run.messages.message(event, directive="run")
    for name, delivery in sent.items():
        await run.expect(delivery, ACCEPT, _RAISES[name])
    await run.expect(behind, ACCEPT, "the message behind")
    letters: set[str] = set()

    async def all_dead() -> bool:
        nonlocal letters
        dead = await inbox.dead()
        letters = {n for n, d in sent.items() if any(d.marker in letter.text for letter in dead)}
        return letters == set(sent)

    await run.wait(all_dead)
    for name, label in _RAISES.items():
        runs = [r for r in await run.control.runs() if r.marker == sent[name].marker]
        tried = sum(r.phase == "start" for r in runs)
        got = f"{'a' if name in letters else 'no'} dead letter, tried {tried} times"
        held = name in letters and tried > 1
        run.hold(held, label, "tried again, and a dead letter", got)
    done = await run.handled(behind, lambda seen: any(r.phase == "done" for r in seen))
    got = "handled" if any(r.phase == "done" for r in done) else "not handled"
    run.hold(got == "handled", "the message behind", "handled", got)


@GROUP.case(
    8,
    "workers that end",
    sent="handlers whose threads end a moment after them, and a message behind",
    expect="it is handled, or `/readyz` answers 503",
    why="a receiver without workers takes messages for ever, and looks well",
    source="an event would be lost",
    hint="Start another worker where one has ended; if that cannot be, /readyz must tell.",
    observes=True,
    place="workers",
)
async def ended(run: Run) -> None:
    """End every worker from within, and see whether anybody notices."""
    _ = run.control
    event = run.messages.plain
    doomed = [run.messages.message(event, directive="doom") for _ in range(DOOMED)]
    for delivery in doomed:
        await run.expect(delivery, ACCEPT, "a doomed handler")

    async def all_done() -> bool:
        done = {r.marker for r in await run.control.runs() if r.phase == "done"}
        return done >= {delivery.marker for delivery in doomed}

    # Not all of them are, where the first ones left no worker for the others.
    await run.wait(all_done)
    await asyncio.sleep(run.patience.doom)
    behind = run.messages.message(event, directive="run")
    await run.expect(behind, replace(ACCEPT, codes=(503,)), "the message behind")
    told = "neither"

    async def noticed() -> bool:
        nonlocal told
        if any(r.marker == behind.marker and r.phase == "done" for r in await run.control.runs()):
            told = "handled"
        elif (await run.send(Delivery("/readyz", b"", method="GET"))).status == 503:  # noqa: PLR2004
            told = "/readyz answers 503"
        return told != "neither"

    await run.wait(noticed)
    run.hold(told != "neither", "the message behind", "handled, or a 503 of /readyz", told)
