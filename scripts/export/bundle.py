"""A bundle in the making: in a hidden folder beside its place, synced and renamed when it is whole. A run that
was killed leaves at most that hidden folder, which the next run removes after it has put back what was replaced.
"""
import errno
import glob
import hashlib
import json
import os
import re
import shutil

from failure import Failure
from interruption import ignore_interruptions

# With less than this free, whatever went wrong went wrong for want of space.
FULL_BYTES = 1 << 20
REPLACED = 'replaced'
FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def digest_of(path):
    total = hashlib.sha256()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(1 << 20), b''):
            total.update(block)
    return 'sha256:' + total.hexdigest()


def write_json(path, value):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write('\n')


class Staging:
    def __init__(self, out, needed):
        self._out = out
        self._parent = os.path.dirname(out)
        self._needed = needed
        self._folder = os.path.join(self._parent, '.%s.%d.partial' % (os.path.basename(out), os.getpid()))
        self.bundle = os.path.join(self._folder, 'bundle')
        self.work = os.path.join(self._folder, 'work')
        self._made = []

    @staticmethod
    def check(out, needed):
        """Whether a bundle of that size could be made, without making anything."""
        there = os.path.dirname(out)
        while not os.path.exists(there):
            there = os.path.dirname(there)
        if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
            reason = 'the folder cannot be written' if os.path.isdir(there) else 'it is no folder'
            raise Failure('EXPORT_OUT', 'Nothing can be written in %s: %s.' % (there, reason),
                          'Make it writable or give another --out.')
        free = shutil.disk_usage(there).free
        if free < needed:
            raise Failure('EXPORT_DISK', '%s needs %d MB and has %d MB free.' % (
                there, needed // 10**6, free // 10**6), 'Free some space or give another --out.')

    @staticmethod
    def recover(out):
        """Clears up after runs that were killed; a bundle that they were about to replace comes back."""
        for path in glob.glob(os.path.join(glob.escape(os.path.dirname(out)), '.*.partial')):
            found = re.match(r'\.%s\.(\d+)\.partial$' % re.escape(os.path.basename(out)), os.path.basename(path))
            if found and not exports(found.group(1)):
                put_back(path, out)
                shutil.rmtree(path, ignore_errors=True)

    def __enter__(self):
        self.check(self._out, self._needed)
        there = self._parent
        while not os.path.exists(there):
            self._made.append(there)
            there = os.path.dirname(there)
        try:
            os.makedirs(self.bundle)
            os.makedirs(self.work)
        except OSError as error:
            self._clear()
            raise Failure('EXPORT_OUT', 'Nothing can be written in %s: %s.' % (self._parent, error.strerror),
                          'Make it writable or give another --out.')
        return self

    def __exit__(self, _kind, error, _trace):
        full = isinstance(error, Failure) and error.code != 'EXPORT_DISK' and self._is_full()
        put_back(self._folder, self._out)
        self._clear()
        if full:
            raise self._disk_full() from error

    def _clear(self):
        """Removes what is not the bundle: parents that were made too, when nothing came into them."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for folder in self._made:
            try:
                os.rmdir(folder)
            except OSError:
                break

    def require_space(self):
        """Throws when the disk is full: not every library notices that its file was cut off."""
        if self._is_full():
            raise self._disk_full()

    def _is_full(self):
        return shutil.disk_usage(self._folder).free < FULL_BYTES

    def _disk_full(self):
        return Failure('EXPORT_DISK', 'The disk of %s is full.' % self._parent,
                       'Free some space or give another --out.')

    def digests(self):
        return {name: digest_of(path) for name, path in self._files()}

    def _files(self):
        for folder, folders, names in os.walk(self.bundle):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                yield os.path.relpath(path, self.bundle), path

    def publish(self, replace):
        """Puts the bundle in its place at once; returns its size in bytes."""
        size = 0
        for _, path in self._files():
            size += os.path.getsize(path)
            sync(path)
        for folder, _, _ in os.walk(self.bundle):
            sync(folder)
        # From here on it is a matter of moments, and half of it would be worse than none.
        ignore_interruptions()
        if replace and os.path.isdir(self._out):
            os.rename(self._out, os.path.join(self._folder, REPLACED))
        os.rename(self.bundle, self._out)
        sync(self._parent)
        return size


def put_back(folder, out):
    replaced = os.path.join(folder, REPLACED)
    if os.path.isdir(replaced) and not os.path.exists(out):
        os.rename(replaced, out)


def exports(pid):
    """Whether the process is a run of this tool."""
    try:
        with open('/proc/%s/cmdline' % pid, 'rb') as file:
            return b'export-paddledetection' in file.read()
    except OSError:
        return False


def sync(path):
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
