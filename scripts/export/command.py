"""The command line of the export tool and its course: check, install, export, convert, try, sample, publish."""
import json
import os
import shutil
import sys

import checkout as pd
from arguments import check_options, check_values, find_samples, parse
from bundle import FULL_ERRORS, Staging, digest_of, write_json
from environment import Environment
from failure import FAILED, USAGE, Failure
from families import export_options, family_of
from interruption import interrupt_on_signals
from steps import Steps

HERE = os.path.dirname(os.path.realpath(__file__))


def check_out(out, replace):
    if os.path.exists(out):
        if not replace:
            raise Failure('EXPORT_OUT', '%s exists already.' % out, 'Give another folder, or --replace.', USAGE)
        if not os.path.isdir(out) or (os.listdir(out) and not os.path.isfile(os.path.join(out, 'model.onnx'))):
            raise Failure('EXPORT_OUT', '%s is not a bundle.' % out, '--replace replaces bundles only.', USAGE)


def export(options, steps):
    check_values(options)
    source = os.path.abspath(options.checkout)
    pd.check_checkout(source)
    config = os.path.abspath(options.config)
    if not os.path.exists(config) and os.path.exists(os.path.join(source, options.config)):
        config = os.path.join(source, options.config)
    lines = pd.read_config(config)
    architecture = pd.setting(lines, 'architecture')
    pd.check_architecture(source, architecture)
    weights = os.path.abspath(pd.check_weights(options.weights))
    settings = check_options(options)
    samples = find_samples(options.samples)
    out = os.path.abspath(options.out)
    if not options.dry_run:
        Staging.recover(out)
    check_out(out, options.replace)
    family = family_of(architecture, lines)
    chosen, without_nms = export_options(family, options.nms)
    changed = pd.changes_in(source)
    steps.done('checked', '%s, %s' % (architecture, 'NMS left out' if without_nms else 'NMS in the graph'))
    if changed:
        steps.done('note', 'the checkout differs from its commit in %s' % some(changed))

    environment = Environment(steps, options.venv, options.python, os.path.join(HERE, 'requirements.txt'))
    needed = 4 * os.path.getsize(weights) + (64 << 20)
    if options.dry_run:
        Staging.check(out, needed)
        return {'bundle': out, 'dry_run': True, 'environment': environment.check(), 'architecture': architecture,
                'options': chosen + settings, 'opset': options.opset or family[4], 'samples': len(samples)}
    with Staging(out, needed) as staging:
        # After the folder: nobody wants to learn of a full disk when the packages are installed.
        environment.prepare()
        tools = environment.versions()
        steps.done('tools', ', '.join('%s %s' % pair for pair in tools.items()))
        exported = run_export(environment, staging.work, source, config, weights, chosen + settings, options.option)
        staging.require_space()
        check_labels(exported, lines, settings, options.labels)
        asked = options.opset or family[4]
        model = os.path.join(staging.bundle, 'model.onnx')
        convert(environment, exported, model, asked)
        staging.require_space()
        shutil.copyfile(os.path.join(exported, 'infer_cfg.yml'), os.path.join(staging.bundle, 'infer_cfg.yml'))
        graph = try_model(environment, model)
        if samples:
            publisher = exported
            if without_nms and family[0] != 'PicoDet':
                # PaddleDetection's own program cannot read these outputs: it gets an export with NMS.
                publisher = run_export(environment, os.path.join(staging.work, 'with-nms'), source, config,
                                       weights, family[3] + settings, options.option)
            detect(environment, source, publisher, samples, staging, options.threshold)
        name = options.name or os.path.splitext(os.path.basename(config))[0]
        write_manifest(staging, options, name, {
            'source': {'project': 'PaddleDetection', 'commit': pd.commit_of(source), 'changed': changed,
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


def run_export(environment, work, source, config, weights, settings, suspects):
    os.makedirs(work, exist_ok=True)
    target = os.path.join(work, 'export')
    command = [os.path.join(HERE, 'run-export.py'), '-c', config, '--output_dir', target, '-o',
               'weights=%s' % weights, 'use_gpu=False', *settings]
    try:
        log = environment.run('export', command, cwd=source)
    except Failure as failure:
        if failure.code == 'EXPORT_FAILED' and suspects:
            failure.hint = 'It may be for -o %s: check what was given. %s' % (', '.join(suspects), failure.hint)
        raise
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


def check_labels(exported, lines, options, file):
    """PaddleDetection writes COCO's 80 labels, without a word, where it cannot find the data set's own."""
    given = dict(option.partition('=')[::2] for option in options)
    classes = given.get('num_classes') or pd.setting(lines, 'num_classes')
    labels = pd.count_labels(os.path.join(exported, 'infer_cfg.yml'))
    if labels == 0 or classes is None or not classes.isdigit() or int(classes) == labels:
        return
    if file is not None:
        raise Failure('EXPORT_LABELS', 'The model tells %s classes apart, but %s gives %d labels.' % (
            classes, file, labels), 'Give the labels that the model was trained with, one per class.')
    raise Failure('EXPORT_LABELS', 'The model tells %s classes apart, but PaddleDetection lists %d labels.' % (
        classes, labels), 'It takes those of COCO where it does not find the data set: give the labels with --labels.')


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


def some(names):
    return ', '.join(names[:3]) + (' and %d more' % (len(names) - 3) if len(names) > 3 else '')


def main(arguments):
    options = parse(arguments)
    steps = Steps(sys.stderr)
    interrupt_on_signals()
    try:
        result = export(options, steps)
    except Failure as failure:
        steps.fail(failure)
        return failure.status
    except OSError as error:
        full = error.errno in FULL_ERRORS
        hint = 'Free some space.' if full else 'Check its permissions; XDG_CACHE_HOME moves what is cached.'
        steps.fail(Failure('EXPORT_DISK' if full else 'EXPORT_FILES',
                           'A file cannot be written or read: %s.' % error, hint))
        return FAILED
    except KeyboardInterrupt:
        steps.fail(Failure('EXPORT_INTERRUPTED', 'Interrupted; no bundle was made.', 'Run it again.'))
        return 130
    text = 'would %(environment)s and make %(bundle)s' if options.dry_run else 'made %(bundle)s (%(name)s %(version)s)'
    print(json.dumps(result) if options.json else text % result)
    return 0
