"""mAP of a PicoDet bundle on a COCO data set, through onnxruntime and PaddleDetection's own preparation and
decoding: evaluate.py CHECKOUT BUNDLE DATASET SPLIT. coco_map.py does the same for what detectd found.
"""
import gzip
import zlib

zlib.decompress(zlib.compress(gzip.compress(b'')))

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

from coco_map import summary  # noqa: E402

LEAST_SCORE = 0.025


def main(checkout, bundle, dataset, split):
    sys.path.insert(0, os.path.join(checkout, 'deploy', 'python'))
    import cv2
    import onnxruntime as ort
    import yaml
    from picodet_postprocess import PicoDetPostProcess
    from preprocess import NormalizeImage, Permute, Resize
    from pycocotools.coco import COCO

    with open(os.path.join(bundle, 'infer_cfg.yml'), encoding='utf-8') as file:
        config = yaml.safe_load(file)
    kinds = {'Resize': Resize, 'NormalizeImage': NormalizeImage, 'Permute': Permute}
    operations = []
    for entry in config['Preprocess']:
        given = dict(entry)
        operations.append(kinds[given.pop('type')](**given))
    session = ort.InferenceSession(os.path.join(bundle, 'model.onnx'), providers=['CPUExecutionProvider'])
    truth = COCO(os.path.join(dataset, 'annotations', split + '.json'))
    ids = {category['name']: category['id'] for category in truth.dataset['categories']}
    found = []
    for image in truth.dataset['images']:
        pixels = cv2.cvtColor(cv2.imread(os.path.join(dataset, split, image['file_name'])), cv2.COLOR_BGR2RGB)
        info = {'im_shape': pixels.shape[:2], 'scale_factor': [1., 1.]}
        for operation in operations:
            pixels, info = operation(pixels, info)
        outputs = session.run(None, {'image': pixels[None].astype('float32')})
        levels = len(outputs) // 2
        decode = PicoDetPostProcess(pixels.shape[1:], [info['im_shape']], [info['scale_factor']], config['fpn_stride'],
                                    score_threshold=LEAST_SCORE, nms_threshold=config['NMS']['nms_threshold'])
        rows, _ = decode(outputs[:levels], outputs[levels:])
        for label, score, x1, y1, x2, y2 in rows.tolist():
            found.append({'image_id': image['id'], 'category_id': ids[config['label_list'][int(label)]],
                          'score': score, 'bbox': [x1, y1, x2 - x1, y2 - y1]})
    print(json.dumps(summary(truth, found)))

main(*sys.argv[1:])
