"""Runs a tool of the PaddleDetection checkout in the current folder (tools/train.py, tools/eval.py) with the
faster convolutions and a fixed seed: run_tool.py tools/train.py -c CONFIG ….
"""
import os
import random
import runpy
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fast_conv  # noqa: E402

import numpy  # noqa: E402
import paddle  # noqa: E402

SEED = 20


def main():
    tool = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path.insert(0, os.getcwd())
    random.seed(SEED)
    numpy.random.seed(SEED)
    paddle.seed(SEED)
    fast_conv.install()
    runpy.run_path(tool, run_name='__main__')


if __name__ == '__main__':
    main()
