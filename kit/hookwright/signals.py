"""What a program of ours makes of the signals that it was started with."""

import signal
import threading

# An orderly end is asked for with these, so they have to arrive.
HEARD = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})
# Ignored, the first would leave nothing but SIGKILL, and the second hides how a process has ended.
NEEDED = (signal.SIGTERM, signal.SIGCHLD)


def settle() -> None:
    """Let SIGTERM end this process whatever it has inherited; to be called when a program starts.

    A supervisor may have blocked signals for its own purposes, and a script may have ignored some:
    both pass to what they start. SIGINT and SIGHUP stay ignored where they are, since that is what
    `nohup` and a shell's `&` are for.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in NEEDED:
        if is_ignored(number):
            signal.signal(number, signal.SIG_DFL)
    # What has come meanwhile takes effect here.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)


def is_ignored(number: signal.Signals) -> bool:
    """Tell whether whoever has started this process wants it to ignore a signal."""
    return signal.getsignal(number) is signal.SIG_IGN
