"""Compares detections with the publisher's: agree.py EXPECTED.json DETECTED.jsonl, the first from the export
tool's samples, the second from `detectd detect --json --threshold 0.4`. Ends with status 1 where boxes differ by
more than half a pixel, scores by more than 0.001, or one side has a detection that the other lacks.
"""
import json
import os
import sys

PIXELS = 0.5
SCORE = 1e-3


def farthest(a, b):
    return max(abs(p - q) for p, q in zip(a['box'], b['box']))


def main(expected_path, detected_path):
    with open(expected_path, encoding='utf-8') as file:
        expected = json.load(file)
    with open(detected_path, encoding='utf-8') as file:
        lines = [json.loads(line) for line in file if line.strip()]
    detected = {os.path.basename(line['image']): line['detections'] for line in lines}
    worst_box = worst_score = 0.0
    count = missing = extra = 0
    for image in expected['images']:
        left = list(detected.get(image['image'], []))
        for wanted in image['detections']:
            same = [found for found in left if found['label'] == wanted['label']]
            best = min(same, key=lambda found: farthest(found, wanted), default=None)
            if best is None or farthest(best, wanted) > 5:
                # A score on the threshold may fall on either side of it.
                missing += abs(wanted['score'] - expected['threshold']) > SCORE
                continue
            left.remove(best)
            count += 1
            worst_box = max(worst_box, farthest(best, wanted))
            worst_score = max(worst_score, abs(best['score'] - wanted['score']))
        extra += sum(abs(found['score'] - expected['threshold']) > SCORE for found in left)
    result = {'images': len(expected['images']), 'detections': count, 'missing': missing, 'extra': extra,
              'largest_box_difference_px': round(worst_box, 5), 'largest_score_difference': round(worst_score, 7)}
    print(json.dumps(result))
    return 0 if count and not missing and not extra and worst_box <= PIXELS and worst_score <= SCORE else 1


sys.exit(main(*sys.argv[1:]))
