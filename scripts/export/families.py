"""How each family of PaddleDetection is exported for detectd: options of tools/export_model.py and the ONNX
opset. The first entry whose name is contained in the architecture, or in the config's head, is the one.
"""

# name, options that leave NMS out, whether detectd reads that form, options in any case, opset
FAMILIES = [
    # Raw outputs of every level: decoded and filtered by detectd, and quick on every provider.
    ('PicoDet', ['export.post_process=False'], True, [], 11),
    ('PPYOLOER', ['export_onnx=True'], False, [], 11),
    # Boxes in original pixels and scores. (exclude_nms of YOLOX and YOLOF only sums up, for benchmarks.)
    ('PPYOLOE', ['exclude_nms=True'], True, [], 11),
    ('RCNN', [], False, ['export_onnx=True'], 16),
    ('DETR', [], False, [], 16),
    ('', [], False, [], 11),
]
HEADS = {'PPYOLOERHead': 'PPYOLOER', 'PPYOLOEHead': 'PPYOLOE'}
# Options of the exporter that argparse turns into True whatever is written.
TRUE_WHATEVER = ('export_serving_model', 'trt_calib_mode')


def family_of(architecture, lines):
    """The entry for the architecture; PP-YOLOE configs call themselves YOLOv3 and show it by their head."""
    text = '\n'.join(lines)
    names = [family for head, family in HEADS.items() if '%s:' % head in text or ': %s' % head in text]
    names.append(architecture)
    for name in names:
        for entry in FAMILIES:
            if entry[0] and entry[0] in name:
                return entry
    return FAMILIES[-1]


def export_options(entry, nms):
    """`nms`: "out", "keep", or "auto" for out where detectd reads the result."""
    name, without, readable, always, _ = entry
    leave_out = bool(without) and (nms == 'out' or (nms == 'auto' and readable))
    return always + (without if leave_out else []), leave_out
