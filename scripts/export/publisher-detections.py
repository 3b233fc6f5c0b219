"""What PaddleDetection's own Python deployment (PaddlePaddle, not ONNX) finds in pictures, as JSON:
publisher-detections.py CHECKOUT EXPORTED_MODEL THRESHOLD PICTURE…
Boxes in pixels of the picture, best first.
"""
import gzip
import zlib

zlib.decompress(zlib.compress(gzip.compress(b'')))

import contextlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402


def main(checkout, model, threshold, pictures):
    sys.path.insert(0, os.path.join(checkout, 'deploy', 'python'))
    with contextlib.redirect_stdout(sys.stderr):
        import cv2
        import infer
        import yaml
        with open(os.path.join(model, 'infer_cfg.yml'), encoding='utf-8') as file:
            arch = yaml.safe_load(file)['arch']
        kind = {'SOLOv2': 'DetectorSOLOv2', 'PicoDet': 'DetectorPicoDet'}.get(arch, 'Detector')
        detector = getattr(infer, kind)(model, device='CPU', threshold=threshold)
        labels = detector.pred_config.labels
        images = []
        for picture in pictures:
            pixels = cv2.imread(picture)
            if pixels is None:
                sys.exit('%s is no picture' % picture)
            rows = detector.predict_image([picture], visual=False)['boxes']
            found = [row for row in rows.tolist() if row[0] >= 0 and row[1] > threshold]
            found.sort(key=lambda row: -row[1])
            images.append({
                'image': os.path.basename(picture), 'width': pixels.shape[1], 'height': pixels.shape[0],
                'detections': [{
                    'label': labels[int(row[0])], 'label_id': int(row[0]), 'score': round(row[1], 6),
                    'box': [round(value, 3) for value in row[2:6]],
                } for row in found],
            })
        import paddle
    tool = 'PaddleDetection deploy/python, PaddlePaddle %s' % paddle.__version__
    print(json.dumps({'tool': tool, 'threshold': threshold, 'images': images}))


main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:])
