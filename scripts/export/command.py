"""The command line of the export tool and its course: check, install, export, convert, try, sample, publish."""
import argparse
import glob
import json
import os
import shutil
import sys

import checkout as pd
from bundle import Staging, digest_of, write_json
from environment import Environment, interrupt_on_term
from failure import FAILED, USAGE, Failure
from families import TRUE_WHATEVER, export_options, family_of
from steps import Steps

HERE = os.path.dirname(os.path.realpath(__file__))
PICTURES = ('.jpg', '.jpeg', '.png', '.bmp')
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
    add('--samples', nargs='+', default=[], metavar='PATH',
        help='pictures or folders of pictures to keep with PaddleDetection\'s own detections')
    add('--threshold', type=float, default=0.4, help='least score of expected detections (default: 0.4)')
    add('--opset', type=int, help='ONNX opset to ask for (default: by family)')
    add('--nms', choices=['auto', 'out', 'keep'], default='auto',
        help='leave NMS out of the graph: where detectd reads that (auto), where possible, or never')
    add('-o', '--option', action='append', default=[], metavar='KEY=VALUE', help='further option of the exporter')
    add('--venv', metavar='DIR', help='virtual environment (default: in the cache folder)')
    add('--python', metavar='FILE', help='a Python that has all packages already; nothing is installed')
    add('--json', action='store_true', help='print the result as JSON')
    return parser.parse_args(arguments)


def check_options(options):
    for option in options:
        key, equals, value = option.partition('=')
        if not equals or not key:
            raise Failure('EXPORT_OPTION', '"%s" is not KEY=VALUE.' % option, 'Write -o key=value.', USAGE)
        if key.lstrip('-') in TRUE_WHATEVER:
            raise Failure('EXPORT_OPTION', '"%s" is true for PaddleDetection whatever is written after it.' % key,
                          'Leave the option away.', USAGE)
        if key in ('weights', 'use_gpu'):
            raise Failure('EXPORT_OPTION', '"%s" is set by this tool.' % key, 'Use the argument for it.', USAGE)


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
    names = [os.path.basename(path) for path in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Failure('EXPORT_SAMPLES', 'Two samples are called %s.' % twice, 'Rename one of them.', USAGE)
    if len(found) > MAX_SAMPLES:
        raise Failure('EXPORT_SAMPLES', 'A bundle holds at most %d samples, not %d.' % (MAX_SAMPLES, len(found)),
                      'Give fewer pictures.', USAGE)
    return found


def check_out(out, replace):
    if os.path.exists(out):
        if not replace:
            raise Failure('EXPORT_OUT', '%s exists already.' % out, 'Give another folder, or --replace.', USAGE)
        if not os.path.isdir(out) or (os.listdir(out) and not os.path.isfile(os.path.join(out, 'model.onnx'))):
            raise Failure('EXPORT_OUT', '%s is not a bundle.' % out, '--replace replaces bundles only.', USAGE)


def export(options, steps):
    source = os.path.abspath(options.checkout)
    pd.check_checkout(source)
    config = os.path.abspath(options.config)
    if not os.path.exists(config) and os.path.exists(os.path.join(source, options.config)):
        config = os.path.join(source, options.config)
    lines = pd.read_config(config)
    architecture = pd.setting(lines, 'architecture')
    pd.check_architecture(source, architecture)
    weights = os.path.abspath(pd.check_weights(options.weights))
    check_options(options.option)
    samples = find_samples(options.samples)
    out = os.path.abspath(options.out)
    check_out(out, options.replace)
    family = family_of(architecture, lines)
    chosen, without_nms = export_options(family, options.nms)
    steps.done('checked', '%s, %s' % (architecture, 'NMS left out' if without_nms else 'NMS in the graph'))

    environment = Environment(steps, options.venv, options.python, os.path.join(HERE, 'requirements.txt'))
    environment.prepare()
    with Staging(out, needed=4 * os.path.getsize(weights) + (64 << 20)) as staging:
        tools = environment.versions()
        steps.done('tools', ', '.join('%s %s' % pair for pair in tools.items()))
        exported = run_export(environment, staging.work, source, config, weights, chosen + options.option)
        asked = options.opset or family[4]
        model = os.path.join(staging.bundle, 'model.onnx')
        convert(environment, exported, model, asked)
        shutil.copyfile(os.path.join(exported, 'infer_cfg.yml'), os.path.join(staging.bundle, 'infer_cfg.yml'))
        graph = try_model(environment, model)
        if samples:
            publisher = exported
            if without_nms and family[0] != 'PicoDet':
                # PaddleDetection's own program cannot read these outputs: it gets an export with NMS.
                publisher = run_export(environment, os.path.join(staging.work, 'with-nms'), source, config,
                                       weights, family[3] + options.option)
            detect(environment, source, publisher, samples, staging, options.threshold)
        name = options.name or os.path.splitext(os.path.basename(config))[0]
        write_manifest(staging, options, name, {
            'source': {'project': 'PaddleDetection', 'commit': pd.commit_of(source),
                       'config': os.path.relpath(config, source) if config.startswith(source + os.sep)
                       else os.path.basename(config),
                       'architecture': architecture, 'options': chosen + options.option,
                       'weights': digest_of(weights)},
            'tools': tools,
            'graph': graph,
        })
        size = staging.publish(options.replace)
        steps.done('bundle', '%s, %.1f MB' % (out, size / 1e6))
    return {'bundle': out, 'name': name, 'version': options.version, 'bytes': size, 'architecture': architecture,
            'opset': graph['opset'], 'samples': len(samples)}


def run_export(environment, work, source, config, weights, settings):
    os.makedirs(work, exist_ok=True)
    target = os.path.join(work, 'export')
    command = [os.path.join(HERE, 'run-export.py'), '-c', config, '--output_dir', target, '-o',
               'weights=%s' % weights, 'use_gpu=False', *settings]
    log = environment.run('export', command, cwd=source)
    exported = os.path.join(target, os.path.splitext(os.path.basename(config))[0])
    if 'is not supported for exporting' in log:
        raise Failure('EXPORT_ARCHITECTURE', 'PaddleDetection refuses to export this architecture.',
                      'Its message is in %s.' % environment.last_log)
    missing = [f for f in ('model.pdmodel', 'model.pdiparams', 'infer_cfg.yml')
               if not os.path.isfile(os.path.join(exported, f))]
    if missing:
        hint = 'Its messages are in %s.' % environment.last_log
        if os.path.isfile(os.path.join(exported, 'model.json')):
            hint = 'PaddlePaddle 3 writes model.json instead; use the versions in scripts/export/requirements.txt.'
        raise Failure('EXPORT_FAILED', 'PaddleDetection ended without an error but wrote no %s.' % missing[0], hint)
    return exported


def convert(environment, exported, model, opset):
    command = [os.path.join(HERE, 'run-paddle2onnx.py'), '--model_dir', exported, '--model_filename', 'model.pdmodel',
               '--params_filename', 'model.pdiparams', '--opset_version', str(opset), '--save_file', model]
    environment.run('convert', command)
    if not os.path.isfile(model) or os.path.getsize(model) == 0:
        raise Failure('EXPORT_CONVERT', 'paddle2onnx ended without an error but wrote no model.',
                      'Its messages are in %s.' % environment.last_log)


def try_model(environment, model):
    return environment.run_json('try', [os.path.join(HERE, 'try-model.py'), model])


def detect(environment, source, exported, samples, staging, threshold):
    folder = os.path.join(staging.bundle, 'samples')
    os.makedirs(folder)
    copies = [shutil.copyfile(path, os.path.join(folder, os.path.basename(path))) for path in samples]
    found = environment.run_json('detect', [os.path.join(HERE, 'publisher-detections.py'), source, exported,
                                            str(threshold), *copies])
    write_json(os.path.join(folder, 'expected.json'), found)


def write_manifest(staging, options, name, more):
    manifest = {'name': name, 'version': options.version}
    if options.licence:
        manifest['licence'] = options.licence
    manifest['digests'] = staging.digests()
    write_json(os.path.join(staging.bundle, 'manifest.json'), {**manifest, **more})


def main(arguments):
    options = parse(arguments)
    steps = Steps(sys.stderr)
    interrupt_on_term()
    try:
        result = export(options, steps)
    except Failure as failure:
        steps.fail(failure)
        return failure.status
    except OSError as error:
        steps.fail(Failure('EXPORT_FILES', 'A file cannot be written or read: %s.' % error,
                           'Check free space and permissions.'))
        return FAILED
    except KeyboardInterrupt:
        steps.fail(Failure('EXPORT_INTERRUPTED', 'Interrupted; no bundle was made.', 'Run it again.'))
        return 130
    print(json.dumps(result) if options.json else 'made %(bundle)s (%(name)s %(version)s)' % result)
    return 0
