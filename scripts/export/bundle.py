"""A bundle in the making: in a hidden folder beside its place, synced and renamed when it is whole. An
interrupted run leaves at most that hidden folder, which the next run removes.
"""
import glob
import hashlib
import json
import os
import re
import shutil

from failure import Failure


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

    def __enter__(self):
        try:
            os.makedirs(self._parent, exist_ok=True)
            self._remove_stale()
            free = shutil.disk_usage(self._parent).free
            if free < self._needed:
                raise Failure('EXPORT_DISK', '%s needs %d MB and has %d MB free.' % (
                    self._parent, self._needed // 10**6, free // 10**6), 'Free some space or give another --out.')
            os.makedirs(self.bundle)
            os.makedirs(self.work)
        except OSError as error:
            raise Failure('EXPORT_OUT', 'Nothing can be written in %s: %s.' % (self._parent, error.strerror),
                          'Make it writable or give another --out.')
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._folder, ignore_errors=True)

    def _remove_stale(self):
        for path in glob.glob(os.path.join(glob.escape(self._parent), '.*.partial')):
            found = re.match(r'\.%s\.(\d+)\.partial$' % re.escape(os.path.basename(self._out)), os.path.basename(path))
            if found and not os.path.exists('/proc/%s' % found.group(1)):
                shutil.rmtree(path, ignore_errors=True)

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
        if replace and os.path.isdir(self._out):
            os.rename(self._out, os.path.join(self._folder, 'replaced'))
        os.rename(self.bundle, self._out)
        sync(self._parent)
        return size


def sync(path):
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
