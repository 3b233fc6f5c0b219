"""paddle2onnx's own command line, called by name because its script is not in every environment."""
import sys

from paddle2onnx.command import main

sys.argv[0] = 'paddle2onnx'
main()
