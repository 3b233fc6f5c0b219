"""Runs tools/export_model.py of the PaddleDetection checkout in the current folder. Ends with status 1 when
the weights leave layers of the model empty: PaddleDetection itself exports those with random numbers.
"""
# Before paddle: its library carries symbols of another zlib, and the one loaded first wins.
import gzip
import zlib

import os
import runpy
import sys
import warnings

zlib.decompress(zlib.compress(gzip.compress(b'')))
warnings.filterwarnings('ignore')
sys.path.insert(0, os.getcwd())

LEARNED = ('weight', 'bias', '_mean', '_variance')


def watch_weights():
    from ppdet.utils import checkpoint

    match = checkpoint.match_state_dict

    def watched(model, weights, *rest, **named):
        found = match(model, weights, *rest, **named)
        empty = [key for key in model if key not in found and key.endswith(LEARNED)]
        if empty:
            sys.exit('the weights do not fit the config: %d of %d layers stay empty, the first is %s' % (
                len(empty), len(model), empty[0]))
        return found

    checkpoint.match_state_dict = watched


watch_weights()
sys.argv = ['tools/export_model.py', *sys.argv[1:]]
runpy.run_path(sys.argv[0], run_name='__main__')
