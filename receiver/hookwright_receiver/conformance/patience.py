"""How long the runner waits, and how hard it pushes. All times in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """The defaults are those of `receiver-behaviour.md`; the runner's own tests shorten them."""

    answer: float = 5.0
    """For an ordinary answer: the sender hangs up after it."""

    prompt: float = 1.0
    """T1: for an answer while a handler takes its time."""

    long_handler: float = 30.0
    """T1: what that handler takes."""

    unavailable: float = 2.0
    """K4: for a 503 while the inbox cannot be written."""

    drips: int = 40
    """T2: connections that drip."""

    drip_interval: float = 1.0
    """T2: between two bytes of each of them."""

    drip_end: float = 30.0
    """T2: until the last of them is ended."""

    drip_service: float = 10.0
    """T2: for another request while they drip."""

    flood: int = 200_000_000
    """T3: bytes of headers before the runner gives up."""

    flood_memory: int = 64 * 1024 * 1024
    """T3: what the receiver's memory may grow by, in bytes."""

    idle: int = 1100
    """T4: connections on which nothing is sent."""

    idle_files: int = 1024
    """T4: files that the receiver may have open, which is what most systems allow."""

    idle_service: float = 15.0
    """T4: for a request beside them."""

    shutdown: float = 10.0
    """H7: for the process to end after SIGTERM."""
    start: float = 30.0
    """For a project to be ready."""

    settle: float = 20.0
    """For handlers to have done, attempts, leases that run out and dead letters included."""

    effect: float = 2.0
    """For an effect to show in an inbox after the answer: a loss stays one."""

    still: float = 4.5
    """For a count of effects to stand still: a queue may take seconds for each of them."""

    pause: float = 0.25
    """H5, H7: for a receiver to do what it should not, before the runner goes on."""

    doom: float = 1.0
    """K8: for the threads of doomed handlers to have ended, before the next message is sent."""

    interim: float = 1.0
    """H3: for a 100 Continue, before the body is sent without one."""

    lag: float = 1.0
    """For the runner itself to be late, in a step that ends in silence, before it blames nobody."""

    crowd: int = 50
    """K1, K2: requests at once."""

    generated: int = 60
    """G1, G2: payloads made from each event's schema."""

    refused_number: int = 1000
    """X3: refused messages that may be kept."""

    refused_bytes: int = 16 * 1024 * 1024
    """X3: bytes of them that may be kept."""
