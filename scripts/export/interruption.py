"""Signals that end the tool: all as Ctrl-C does, with children killed and temporary folders removed."""
import ctypes
import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


def interrupt_on_signals():
    def stop(_signal, _frame):
        raise KeyboardInterrupt

    for name in SIGNALS:
        signal.signal(name, stop)


def ignore_interruptions():
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)


def die_with_parent():
    """For children, before they become their program: when the tool is killed they are too."""
    if LIBRARY is not None:
        LIBRARY.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def c_library():
    try:
        return ctypes.CDLL(None) if sys.platform == 'linux' else None
    except OSError:
        return None


# Before any fork: loading it is nothing to do between fork and exec.
LIBRARY = c_library()
