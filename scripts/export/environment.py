"""The virtual environment of the export tool and the programs that run in it. Packages are pinned; a half
made environment is noticed by its missing mark and made again.
"""
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess

from failure import USAGE, Failure
from interruption import die_with_parent

MARK = 'detectd-export'
# Says that what is not whole yet is ours to throw away.
MAKING = 'detectd-export.making'
NEEDED_BYTES = 3 << 30
# PaddlePaddle 2.6.2 has wheels for these.
PYTHONS = ['python3.11', 'python3.10', 'python3.9', 'python3.8', 'python3.12', 'python3']
TOOLS = ['paddlepaddle', 'paddle2onnx', 'onnx', 'onnxruntime', 'numpy', 'opencv-python-headless']
VERSIONS = '''
import json, platform, sys
from importlib.metadata import PackageNotFoundError, version
found = {'python': platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
'''


def cache_folder():
    base = os.environ.get('XDG_CACHE_HOME') or os.path.join(os.path.expanduser('~'), '.cache')
    return os.path.join(base, 'detectd', 'export')


class Environment:
    def __init__(self, steps, venv, python, requirements):
        self._steps = steps
        self._given = python
        self._venv = os.path.abspath(venv or os.path.join(cache_folder(), 'venv'))
        self._requirements = requirements
        self._logs = os.path.join(cache_folder(), 'logs')
        self.last_log = None
        self.python = python or os.path.join(self._venv, 'bin', 'python')

    def check(self):
        """What there is to be done, in words, without doing it; throws when it cannot be done."""
        if self._given is not None:
            if shutil.which(self._given) is None:
                raise Failure('EXPORT_PYTHON', '%s is no program.' % self._given, 'Give a Python with --python.', USAGE)
            self.versions()
            return 'run with %s' % self._given
        if self._is_ready():
            return 'run in %s' % self._venv
        if os.path.exists(self._venv) and not self._is_ours():
            raise Failure('EXPORT_VENV', '%s is not a virtual environment.' % self._venv, 'Give another --venv.', USAGE)
        there = self._venv
        while not os.path.exists(there):
            there = os.path.dirname(there)
        free = shutil.disk_usage(there).free
        if free < NEEDED_BYTES:
            raise Failure('EXPORT_DISK', 'The packages need %.0f GB in %s; %.1f GB are free.' % (
                NEEDED_BYTES / 1e9, self._venv, free / 1e9), 'Free some space, or give another folder with --venv.')
        return 'install packages for %s into %s' % (self._base_python(), self._venv)

    def prepare(self):
        self.check()
        os.makedirs(self._logs, exist_ok=True)
        if self._given is not None:
            return
        os.makedirs(os.path.dirname(self._venv), exist_ok=True)
        with open(self._venv + '.lock', 'w', encoding='utf-8') as lock:
            self._wait_for(lock)
            if not self._is_ready():
                self._install()

    def _wait_for(self, lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._steps.begin('wait')
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._steps.done('wait', 'another run has made the environment')

    def _wanted(self):
        with open(self._requirements, 'rb') as file:
            return hashlib.sha256(file.read()).hexdigest()

    def _is_ready(self):
        try:
            with open(os.path.join(self._venv, MARK), encoding='utf-8') as file:
                return file.read().strip() == self._wanted() and os.path.exists(self.python)
        except OSError:
            return False

    def _is_ours(self):
        signs = [os.path.join(self._venv, name) for name in (MARK, MAKING, 'pyvenv.cfg')]
        return os.path.isdir(self._venv) and (not os.listdir(self._venv) or any(map(os.path.isfile, signs)))

    def _install(self):
        base = self._base_python()
        shutil.rmtree(self._venv, ignore_errors=True)
        os.makedirs(self._venv)
        making = os.path.join(self._venv, MAKING)
        with open(making, 'w', encoding='utf-8'):
            pass
        self._execute('venv', [base, '-m', 'venv', self._venv])
        try:
            self.run('install', ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--retries', '2',
                                 '--prefer-binary', '-r', self._requirements])
        except Failure as failure:
            if failure.code == 'EXPORT_DISK':
                raise
            raise Failure('EXPORT_INSTALL', 'The Python packages cannot be installed. ' + failure.message,
                          'A package index must be reachable; PIP_INDEX_URL names another. ' + failure.hint)
        with open(os.path.join(self._venv, MARK), 'w', encoding='utf-8') as file:
            file.write(self._wanted() + '\n')
        os.remove(making)

    def _base_python(self):
        test = 'import sys, venv, ensurepip; sys.exit(not (3, 8) <= sys.version_info[:2] <= (3, 12))'
        for name in PYTHONS:
            found = shutil.which(name)
            if found and subprocess.run([found, '-I', '-c', test], stderr=subprocess.DEVNULL).returncode == 0:
                return found
        raise Failure('EXPORT_PYTHON', 'No Python 3.8 to 3.12 with venv is installed.',
                      'Install python3.11 and python3.11-venv; PaddlePaddle 2.6 has no packages for others.')

    def versions(self):
        try:
            command = [self.python, '-I', '-c', VERSIONS, *TOOLS]
            found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=120)
            return json.loads(found.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            # Not the error itself: it quotes the whole program that was to run.
            if self._given is not None:
                raise Failure('EXPORT_PYTHON', '--python %s is no Python that runs.' % self._given,
                              'Give a Python 3.8 or newer with --python, or leave it away.', USAGE)
            raise Failure('EXPORT_PYTHON', 'The Python %s does not run.' % self.python,
                          'Remove %s and run again.' % self._venv)

    def run(self, name, arguments, cwd=None):
        """Runs a program with the environment's Python; returns what it wrote."""
        return self._execute(name, [self.python, *arguments], cwd)

    def run_json(self, name, arguments):
        """Like run; the last line that the program wrote, as JSON."""
        lines = self.run(name, arguments).strip().splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError):
            raise Failure('EXPORT_FAILED', 'The step "%s" gave no result.' % name, 'See %s.' % self.last_log)

    def _execute(self, name, command, cwd=None):
        self._steps.begin(name)
        self.last_log = os.path.join(self._logs, '%s.log' % name)
        environment = {**os.environ, 'PYTHONDONTWRITEBYTECODE': '1', 'PYTHONUNBUFFERED': '1'}
        if self._given is None:
            # They would put other packages in place of those that were tried together.
            for variable in ('PYTHONPATH', 'PYTHONHOME'):
                environment.pop(variable, None)
        lines = []
        with open(self.last_log, 'w', encoding='utf-8') as log:
            try:
                child = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                         preexec_fn=die_with_parent)
            except OSError as error:
                raise Failure('EXPORT_FAILED', '%s cannot be started: %s.' % (command[0], error.strerror), 'Check it.')
            try:
                for raw in child.stdout:
                    line = raw.decode('utf-8', 'replace')
                    log.write(line)
                    lines = lines[-5000:] + [line]
                    self._steps.tick(name, line.strip())
                status = child.wait()
            except BaseException:
                kill_group(child)
                raise
        text = ''.join(lines)
        if status != 0:
            raise self._failure(name, status, text)
        self._steps.done(name)
        return text

    def _failure(self, name, status, text):
        if 'No space left on device' in text:
            return Failure('EXPORT_DISK', 'The disk is full.', 'Free some space and run again.')
        if name == 'export' and 'the weights do not fit the config' in text:
            said = text[text.index('the weights do not fit'):].splitlines()[0]
            return Failure('EXPORT_WEIGHTS', 'T%s.' % said[1:],
                           'Use the config that the weights were trained with.')
        last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), 'no message')
        for code, pattern, hint in KNOWN:
            if re.search(pattern, text if code == 'EXPORT_SAMPLES' else last):
                return Failure(code, 'The step "%s" failed: %s' % (name, last[:300]), hint)
        how = 'signal %d' % -status if status < 0 else 'exit code %d' % status
        return Failure(CODES.get(name, 'EXPORT_FAILED'), 'The step "%s" failed (%s): %s' % (name, how, last[:300]),
                       HINTS.get(name, 'See %s.') % self.last_log)


# What the last line of a program that failed gives away.
KNOWN = [
    ('EXPORT_CHECKOUT', r"^(ModuleNotFoundError|ImportError): .*\bppdet\b",
     'The PaddleDetection checkout is not whole: restore it with "git checkout -- .", or clone it again.'),
    ('EXPORT_PYTHON', r'^(ModuleNotFoundError|ImportError): ',
     'Let the tool make its own environment (without --python), or install scripts/export/requirements.txt there.'),
    ('EXPORT_WEIGHTS', r'paddle\.load. can not parse|UnpicklingError|^EOFError',
     'The weights are damaged: copy or download them again.'),
    ('EXPORT_SAMPLES', r'(?m) is no picture$', 'Give pictures that OpenCV can read.'),
]
CODES = {'convert': 'EXPORT_CONVERT', 'try': 'EXPORT_ONNX_REFUSED'}
HINTS = {
    'try': 'onnxruntime refuses the model or gives nonsense, as it does for some models of newer PaddlePaddle '
           'and paddle2onnx; use the versions in scripts/export/requirements.txt. See %s.',
    'convert': 'Try a higher --opset, or --nms out. See %s.',
}


def kill_group(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.wait()
