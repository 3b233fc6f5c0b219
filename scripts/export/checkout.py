"""Reads a PaddleDetection checkout without importing it: whether it is whole, which commit it is, and what a
config says about the model. The standard library alone, so that mistakes show before anything is installed.
"""
import ast
import os
import re
import subprocess

from failure import USAGE, Failure

NEEDED = [
    'tools/export_model.py',
    'ppdet/engine/export_utils.py',
    'ppdet/engine/trainer.py',
    'ppdet/core/workspace.py',
    'deploy/python/infer.py',
    'deploy/python/preprocess.py',
]
# In case export_utils.py no longer has a table that can be read.
USUAL_ARCHITECTURES = [
    'YOLO', 'PPYOLOE', 'SSD', 'RCNN', 'RetinaNet', 'S2ANet', 'EfficientDet', 'Face', 'TTFNet', 'FCOS', 'SOLOv2',
    'HigherHRNet', 'HRNet', 'DeepSORT', 'ByteTrack', 'CenterTrack', 'JDE', 'FairMOT', 'GFL', 'PicoDet',
    'CenterNet', 'TOOD', 'YOLOX', 'YOLOF', 'METRO_Body', 'DETR', 'CLRNet',
]
# Weights are pickled.
PICKLE_START = b'\x80'
PICKLE_END = b'.'
MAX_CONFIG_BYTES = 1 << 20
MAX_CONFIGS = 64


def check_checkout(folder):
    if not os.path.isdir(folder):
        raise Failure('EXPORT_CHECKOUT', '%s is not a folder.' % folder,
                      'Give the folder of a PaddleDetection checkout with --checkout.', USAGE)
    missing = [name for name in NEEDED if not os.path.isfile(os.path.join(folder, name))]
    if len(missing) == len(NEEDED):
        raise Failure('EXPORT_CHECKOUT', '%s is not a PaddleDetection checkout: it has no %s.' % (folder, missing[0]),
                      'Clone https://github.com/PaddlePaddle/PaddleDetection and give its folder.', USAGE)
    if missing:
        raise Failure('EXPORT_CHECKOUT', 'The checkout %s is broken: %s missing.' % (
            folder, missing[0] + ' is' if len(missing) == 1 else ', '.join(missing) + ' are'),
            'Restore it with "git checkout -- ." or clone it again.', USAGE)


def commit_of(folder):
    """The checkout's commit, or None for one that is not a git work tree of its own."""
    if not os.path.exists(os.path.join(folder, '.git')):
        return None
    try:
        found = subprocess.run(['git', '-C', folder, 'rev-parse', 'HEAD'], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.decode().strip() or None


def changes_in(folder):
    """Files that the export runs and that differ from the commit; none where there is no git to ask."""
    command = ['git', '-C', folder, 'status', '--porcelain', '--untracked-files=no', '--', 'ppdet', 'tools',
               'deploy/python']
    if not os.path.exists(os.path.join(folder, '.git')):
        return []
    try:
        found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line[3:] for line in found.stdout.decode('utf-8', 'replace').splitlines()]


def read_config(path, read=None):
    """Lines of the config and of all it is based on, the config's own first."""
    read = {} if read is None else read
    real = os.path.realpath(path)
    if real in read:
        return []
    if len(read) >= MAX_CONFIGS:
        raise Failure('EXPORT_CONFIG', 'The config is based on more than %d files.' % MAX_CONFIGS,
                      'Look for a loop of _BASE_ entries.', USAGE)
    try:
        size = os.path.getsize(path)
        if size > MAX_CONFIG_BYTES:
            raise Failure('EXPORT_CONFIG', 'The config %s has %d bytes: that is no config.' % (path, size),
                          'Give a .yml file of PaddleDetection.', USAGE)
        with open(path, encoding='utf-8') as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise Failure('EXPORT_CONFIG', 'The config %s cannot be read: %s.' % (path, reason),
                      'Give the .yml file that the model was trained with; its _BASE_ files must be there too.', USAGE)
    read[real] = True
    lines = text.splitlines()
    found = list(lines)
    for base in bases_of(lines):
        base = os.path.expanduser(base)
        found += read_config(base if os.path.isabs(base) else os.path.join(os.path.dirname(path), base), read)
    return found


def bases_of(lines):
    text = '\n'.join(line.split(' #')[0] for line in lines)
    listed = re.search(r'^_BASE_:\s*\[(.*?)\]', text, re.M | re.S)
    if listed:
        return [part.strip().strip('\'"') for part in listed.group(1).split(',') if part.strip()]
    block = re.search(r'^_BASE_:\s*\n((?:\s*-\s*.+\n?)+)', text, re.M)
    return re.findall(r'-\s*[\'"]?([^\'"\n]+?)[\'"]?\s*$', block.group(1), re.M) if block else []


def setting(lines, key):
    """The first plain value of a top-level key, or None."""
    for line in lines:
        found = re.match(r'%s:\s*([^#\n]+)' % re.escape(key), line)
        if found and found.group(1).strip():
            return found.group(1).strip().strip('\'"')
    return None


def exportable(folder):
    """Architectures that the checkout's exporter knows; an architecture is one when its name contains one."""
    try:
        with open(os.path.join(folder, 'ppdet/engine/export_utils.py'), encoding='utf-8') as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError) as error:
        raise Failure('EXPORT_CHECKOUT', 'ppdet/engine/export_utils.py of the checkout cannot be read: %s.' % error,
                      'Restore it with "git checkout -- ." or clone it again.', USAGE)
    for node in tree.body:
        named = isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == 'TRT_MIN_SUBGRAPH'
        if named and isinstance(node.value, ast.Dict):
            return [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
    return USUAL_ARCHITECTURES


def check_architecture(folder, architecture):
    if architecture is None:
        raise Failure('EXPORT_CONFIG', 'The config names no architecture.',
                      'Give the config that the model was trained with, not one of its parts.', USAGE)
    known = exportable(folder)
    if not any(name in architecture for name in known):
        raise Failure(
            'EXPORT_ARCHITECTURE', 'PaddleDetection cannot export the architecture %s.' % architecture,
            'Its exporter knows %s; its own tool would stop here with exit code 0.' % ', '.join(known), USAGE)


def check_weights(path):
    if re.match(r'[a-z]+://', path):
        raise Failure('EXPORT_WEIGHTS', '%s is an address.' % path,
                      'Download the weights and give the .pdparams file.', USAGE)
    file = path if path.endswith('.pdparams') else path + '.pdparams'
    if file != path and os.path.isfile(path) and not os.path.exists(file):
        raise Failure('EXPORT_WEIGHTS', '%s is no .pdparams file.' % path,
                      'Give the weights of the training; inference models and optimiser states are no use.', USAGE)
    try:
        size = os.path.getsize(file)
        with open(file, 'rb') as opened:
            head = opened.read(64)
            opened.seek(max(0, size - 1))
            tail = opened.read(1)
    except OSError as error:
        raise Failure('EXPORT_WEIGHTS', 'The weights %s cannot be read: %s.' % (file, error.strerror),
                      'Give the .pdparams file that training wrote, usually output/NAME/best_model.pdparams.', USAGE)
    if size < 1024 or not head.startswith(PICKLE_START):
        raise Failure('EXPORT_WEIGHTS', 'The file %s holds no weights.' % file,
                      'It may be an error page, a Git LFS pointer or a broken download; fetch it again.', USAGE)
    if tail != PICKLE_END:
        raise Failure('EXPORT_WEIGHTS', 'The file %s is cut off.' % file,
                      'Copy or download it again, or let the training write it again.', USAGE)
    return file


def count_labels(path):
    """How many labels an infer_cfg.yml lists as the exporter writes them, a line each; 0 for another form."""
    with open(path, encoding='utf-8', errors='replace') as file:
        lines = file.read().splitlines()
    if 'label_list:' not in lines:
        return 0
    count = 0
    for line in lines[lines.index('label_list:') + 1:]:
        if re.match(r'\s*- ', line):
            count += 1
        elif not line.startswith(' '):
            break
    return count
