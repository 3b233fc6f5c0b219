"""The arguments of the export tool, and what can be wrong with them by themselves."""
import argparse
import glob
import json
import os

from failure import USAGE, Failure
from families import TRUE_WHATEVER

PICTURES = ('.jpg', '.jpeg', '.png', '.bmp')
PICTURE_STARTS = (b'\xff\xd8\xff', b'\x89PNG', b'BM')
MAX_SAMPLES = 64


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog='export-paddledetection', description='Makes a detectd bundle from a PaddleDetection model.')
    add = parser.add_argument
    add('--checkout', required=True, metavar='DIR', help='PaddleDetection checkout')
    add('--config', required=True, metavar='FILE', help='config of the model, from the checkout or your own')
    add('--weights', required=True, metavar='FILE', help='trained weights (.pdparams)')
    add('--out', required=True, metavar='DIR', help='bundle folder to make; must not exist')
    add('--replace', action='store_true', help='replace the bundle folder when it exists')
    add('--name', help='name in the manifest (default: name of the config)')
    add('--version', default='1', help='version in the manifest (default: 1)')
    add('--licence', help='licence in the manifest, such as Apache-2.0')
    add('--labels', metavar='FILE', help='labels, where the data set of the config is not at hand: COCO annotations '
                                         '(.json), or text with a label per line (.txt)')
    add('--samples', nargs='+', default=[], metavar='PATH',
        help='pictures or folders of pictures to keep with PaddleDetection\'s own detections')
    add('--threshold', type=float, default=0.4, help='least score of expected detections (default: 0.4)')
    add('--opset', type=int, help='ONNX opset to ask for (default: by family)')
    add('--nms', choices=['auto', 'out', 'keep'], default='auto',
        help='leave NMS out of the graph: where detectd reads that (auto), where possible, or never')
    add('-o', '--option', action='append', default=[], metavar='KEY=VALUE', help='further option of the exporter')
    add('--venv', metavar='DIR', help='virtual environment (default: in the cache folder)')
    add('--python', metavar='FILE', help='a Python that has all packages already; nothing is installed')
    add('--dry-run', action='store_true', help='check everything that can be checked, and make nothing')
    add('--json', action='store_true', help='print the result as JSON')
    return parser.parse_args(arguments)


def check_values(options):
    """What the manifest would not take, and numbers that cannot be meant."""
    for name in ('checkout', 'config', 'weights', 'out'):
        if getattr(options, name) == '':
            raise Failure('EXPORT_OPTION', '--%s is empty.' % name, 'Give it a path.', USAGE)
    for name, most in (('name', 200), ('version', 200), ('licence', 10000)):
        value = getattr(options, name)
        if value is not None and not 0 < len(value) <= most:
            raise Failure('EXPORT_OPTION', '--%s has %d characters.' % (name, len(value)),
                          'It takes 1 to %d.' % most, USAGE)
    if not 0 <= options.threshold < 1:
        raise Failure('EXPORT_OPTION', '--threshold %s is no score to be above.' % options.threshold,
                      'Give 0 or more, and less than 1.', USAGE)
    if options.opset is not None and not 7 <= options.opset <= 30:
        raise Failure('EXPORT_OPTION', 'There is no ONNX opset %d.' % options.opset, 'Leave --opset away.', USAGE)


def check_options(options):
    """The exporter's further settings."""
    for option in options.option:
        key, equals, value = option.partition('=')
        if not equals or not key:
            raise Failure('EXPORT_OPTION', '"%s" is not KEY=VALUE.' % option, 'Write -o key=value.', USAGE)
        if key.lstrip('-') in TRUE_WHATEVER:
            raise Failure('EXPORT_OPTION', '"%s" is true for PaddleDetection whatever is written after it.' % key,
                          'Leave the option away.', USAGE)
        if key in ('weights', 'use_gpu'):
            raise Failure('EXPORT_OPTION', '"%s" is set by this tool.' % key, 'Use the argument for it.', USAGE)
    if options.labels is None:
        return options.option
    labels = os.path.abspath(options.labels)
    if not labels.endswith(('.json', '.txt')) or not os.path.isfile(labels):
        raise Failure('EXPORT_LABELS', '%s is no file of labels.' % labels,
                      'Give COCO annotations (.json), or text with a label per line (.txt).', USAGE)
    check_labels_file(labels)
    return options.option + ['TestDataset.anno_path=' + labels]


def check_labels_file(path):
    """Whether a file of labels names any, as PaddleDetection reads them."""
    try:
        with open(path, encoding='utf-8') as file:
            text = file.read()
        found = json.loads(text)['categories'] if path.endswith('.json') else text.split()
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, list) or not found:
        raise Failure('EXPORT_LABELS', '%s names no labels.' % path,
                      'Give COCO annotations (.json) with "categories", or text with a label per line (.txt).', USAGE)


def find_samples(paths):
    found = []
    for path in paths:
        if os.path.isdir(path):
            inside = [p for p in sorted(glob.glob(os.path.join(path, '*'))) if p.lower().endswith(PICTURES)]
            if not inside:
                raise Failure('EXPORT_SAMPLES', 'The folder %s holds no pictures.' % path,
                              'Give .jpg, .png or .bmp files.', USAGE)
            found += inside
        elif os.path.isfile(path):
            found.append(path)
        else:
            raise Failure('EXPORT_SAMPLES', 'The sample %s does not exist.' % path, 'Check the path.', USAGE)
    for path in found:
        check_sample(path)
    names = [os.path.basename(path) for path in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Failure('EXPORT_SAMPLES', 'Two samples are called %s.' % twice, 'Rename one of them.', USAGE)
    if len(found) > MAX_SAMPLES:
        raise Failure('EXPORT_SAMPLES', 'A bundle holds at most %d samples, not %d.' % (MAX_SAMPLES, len(found)),
                      'Give fewer pictures.', USAGE)
    return found


def check_sample(path):
    name = os.path.basename(path)
    if not name.isprintable() or name.startswith('.') or '\\' in name:
        raise Failure('EXPORT_SAMPLES', 'No bundle can hold a sample of the name %r.' % name, 'Rename it.', USAGE)
    try:
        with open(path, 'rb') as file:
            head = file.read(4)
    except OSError as error:
        raise Failure('EXPORT_SAMPLES', 'The sample %s cannot be read: %s.' % (path, error.strerror),
                      'Check its permissions.', USAGE)
    if not head.startswith(PICTURE_STARTS):
        raise Failure('EXPORT_SAMPLES', 'The sample %s is no picture.' % path, 'Give .jpg, .png or .bmp files.', USAGE)
