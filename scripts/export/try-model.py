"""Loads a model in onnxruntime and runs it once on noise: try-model.py MODEL. Writes its signature as JSON;
ends with status 1 and a line that says why when it cannot be used.
"""
import json
import sys

import numpy as np
import onnx
import onnxruntime as ort


def feed(spec, height, width):
    shape = [n if isinstance(n, int) and n > 0 else 1 for n in spec.shape]
    if len(shape) == 4:
        asked = [n if isinstance(n, int) and n > 0 else None for n in spec.shape]
        shape = [shape[0], 3, asked[2] or height, asked[3] or width]
        return np.random.default_rng(1).uniform(-1, 1, shape).astype('float32')
    if spec.name == 'im_shape':
        return np.array([[height, width]] * shape[0], 'float32')
    return np.ones(shape, 'float32')


def main(path):
    model = onnx.load(path, load_external_data=False)
    opsets = {entry.domain or 'ai.onnx': entry.version for entry in model.opset_import}
    options = ort.SessionOptions()
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    except Exception as error:
        sys.exit('onnxruntime %s refuses the model: %s' % (ort.__version__, str(error).splitlines()[0]))
    image = next((i for i in session.get_inputs() if len(i.shape) == 4), None)
    if image is None:
        sys.exit('the model has no picture as input')
    height, width = [n if isinstance(n, int) and n > 0 else 640 for n in image.shape[2:]]
    feeds = {i.name: feed(i, height, width) for i in session.get_inputs()}
    try:
        results = session.run(None, feeds)
    except Exception as error:
        sys.exit('onnxruntime %s cannot run the model: %s' % (ort.__version__, str(error).splitlines()[0]))
    if all(r.ndim == 0 or r.size == 1 for r in results):
        sys.exit('the model gives only sums, as exports for benchmarks do')
    for spec, result in zip(session.get_outputs(), results):
        if result.dtype.kind == 'f' and not np.isfinite(result).all():
            sys.exit('the output %s holds values that are no numbers' % spec.name)
    describe = lambda specs: [{'name': s.name, 'type': s.type, 'shape': s.shape} for s in specs]  # noqa: E731
    outputs = describe(session.get_outputs())
    print(json.dumps({'opset': opsets.get('ai.onnx'), 'inputs': describe(session.get_inputs()), 'outputs': outputs}))


main(sys.argv[1])
