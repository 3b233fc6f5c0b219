"""Progress of the export tool: one line per step on stderr, with a running clock on a terminal."""
import time


class Steps:
    def __init__(self, stream):
        self._stream = stream
        self._live = stream.isatty()
        self._since = time.monotonic()

    def begin(self, name):
        self._since = time.monotonic()
        self._write('%-8s ...' % name, keep=not self._live)

    def tick(self, name, line):
        if self._live:
            self._write('%-8s %3d s  %s' % (name, time.monotonic() - self._since, plain(line)[:80]), keep=False)

    def done(self, name, text=''):
        self._write('%-8s %s' % (name, text or '%.0f s' % (time.monotonic() - self._since)), keep=True)
        self._since = time.monotonic()

    def fail(self, failure):
        self._write('error %s: %s\n  %s' % (failure.code, plain(failure.message), plain(failure.hint)), keep=True)

    def _write(self, text, keep):
        try:
            self._stream.write(('\r\x1b[K' if self._live else '') + text + ('\n' if keep else ''))
            self._stream.flush()
        except OSError:
            pass  # Nobody reads the progress any more; the bundle matters.


def plain(text):
    """What other programs said, without what would steer a terminal."""
    return ''.join(letter if letter.isprintable() else '?' for letter in text)
