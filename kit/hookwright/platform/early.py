"""Signals before there is a loop that takes them."""

import signal


def end_on_interrupt() -> None:
    """Let SIGINT end the process at once, as SIGTERM does, until there is something to finish.

    An exception would not do: raised in a callback of Python's collector it is printed and lost,
    and the process would go on. Where SIGINT is ignored, as in the background of a script, it stays
    so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
