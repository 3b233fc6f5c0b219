"""Average precision of detections by pycocotools: coco_map.py ANNOTATIONS.json RESULTS.json, the second from
`detectd detect --format coco`. The table goes to standard error, one JSON object to standard output.
"""
import contextlib
import json
import sys


def summary(truth, found):
    """Of a COCO and a list of its results."""
    from pycocotools.cocoeval import COCOeval

    images = len(truth.dataset['images'])
    if not found:
        # pycocotools cannot read an empty list.
        return {'images': images, 'map50': 0.0, 'map': 0.0, 'map50_by_class': {}}
    with contextlib.redirect_stdout(sys.stderr):
        result = COCOeval(truth, truth.loadRes(found), 'bbox')
        result.evaluate()
        result.accumulate()
        result.summarize()
    by_class = {}
    for at, category in enumerate(result.params.catIds):
        values = result.eval['precision'][0, :, at, 0, 2]
        by_class[truth.cats[category]['name']] = round(float(values[values > -1].mean()), 4)
    return {'images': images, 'map50': round(float(result.stats[1]), 4), 'map': round(float(result.stats[0]), 4),
            'map50_by_class': by_class}


def main(annotations, results):
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(sys.stderr):
        truth = COCO(annotations)
    with open(results, encoding='utf-8') as file:
        found = json.load(file)
    print(json.dumps(summary(truth, found)))


if __name__ == '__main__':
    main(*sys.argv[1:])
