"""Lends PaddlePaddle faster CPU convolutions while a model trains (see fast-conv.cpp).

install() replaces the forward pass of Conv2D layers that are depthwise or pointwise, and Hardswish; all
others, and shapes that the kernels do not take, stay with PaddlePaddle. Results differ by rounding only:
`python fast_conv.py` compares them.
"""
import ctypes
import os
import subprocess
import zlib  # noqa: F401  before paddle: its library carries symbols of another zlib

import paddle
from paddle.autograd import PyLayer

THREADS = int(os.environ.get('FAST_CONV_THREADS', os.cpu_count() or 1))
VEC = 16


def build():
    here = os.path.dirname(os.path.abspath(__file__))
    source = os.path.join(here, 'fast-conv.cpp')
    library = os.path.join(os.environ.get('FAST_CONV_DIR', '/tmp'), 'fast-conv-%d.so' % os.getuid())
    if not os.path.exists(library) or os.path.getmtime(library) < os.path.getmtime(source):
        partial = '%s.%d' % (library, os.getpid())
        flags = ['-O3', '-march=native', '-ffast-math', '-fopenmp', '-shared', '-fPIC', '-std=c++17']
        subprocess.run(['g++', *flags, source, '-o', partial], check=True)
        os.replace(partial, library)
    return ctypes.CDLL(library)


LIB = build()


def pointer(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


class Depthwise(PyLayer):
    @staticmethod
    def forward(ctx, x, weight, stride):
        n, c, h, w = x.shape
        k = weight.shape[2]
        oh, ow = (h - 1) // stride + 1, (w - 1) // stride + 1
        out = paddle.empty([n, c, oh, ow], 'float32')
        ctx.sizes = (n, c, h, w, k, stride, oh, ow, THREADS)
        ctx.save_for_backward(x, weight)
        LIB.depthwise_forward(pointer(x), pointer(weight), pointer(out), *ctx.sizes)
        return out

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensor()
        dx, dw = paddle.empty(x.shape, 'float32'), paddle.empty(weight.shape, 'float32')
        LIB.depthwise_backward(
            pointer(x), pointer(weight), pointer(dout.contiguous()), pointer(dx), pointer(dw), *ctx.sizes)
        return dx, dw


class Dense(PyLayer):
    @staticmethod
    def forward(ctx, x, weight, stride):
        n, ci, h, w = x.shape
        co, k = weight.shape[0], weight.shape[2]
        oh, ow = (h - 1) // stride + 1, (w - 1) // stride + 1
        out = paddle.empty([n, co, oh, ow], 'float32')
        ctx.sizes = (n, ci, co, h, w, k, stride, oh, ow, THREADS)
        ctx.save_for_backward(x, weight)
        LIB.dense_forward(pointer(x), pointer(weight), pointer(out), *ctx.sizes)
        return out

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensor()
        dw = paddle.empty(weight.shape, 'float32')
        dx = None if x.stop_gradient else paddle.empty(x.shape, 'float32')
        LIB.dense_backward(pointer(x), pointer(weight), pointer(dout.contiguous()),
                           None if dx is None else pointer(dx), pointer(dw), *ctx.sizes)
        return dx, dw


class Pointwise(PyLayer):
    @staticmethod
    def forward(ctx, x, weight):
        n, ci, h, w = x.shape
        co = weight.shape[0]
        out = paddle.empty([n, co, h, w], 'float32')
        ctx.sizes = (n, ci, co, h * w, THREADS)
        ctx.save_for_backward(x, weight)
        LIB.pointwise_forward(pointer(x), pointer(weight), pointer(out), *ctx.sizes)
        return out

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensor()
        dx, dw = paddle.empty(x.shape, 'float32'), paddle.empty(weight.shape, 'float32')
        LIB.pointwise_backward(
            pointer(x), pointer(weight), pointer(dout.contiguous()), pointer(dx), pointer(dw), *ctx.sizes)
        return dx, dw


class Hardswish(PyLayer):
    @staticmethod
    def forward(ctx, x):
        out = paddle.empty(x.shape, 'float32')
        ctx.save_for_backward(x)
        LIB.hardswish_forward(pointer(x), pointer(out), ctypes.c_long(x.size), THREADS)
        return out

    @staticmethod
    def backward(ctx, dout):
        (x,) = ctx.saved_tensor()
        dx = paddle.empty(x.shape, 'float32')
        LIB.hardswish_backward(pointer(x), pointer(dout.contiguous()), pointer(dx), ctypes.c_long(x.size), THREADS)
        return dx


class NoContext:
    """Stands in for a PyLayer's context where no gradient will be asked for."""

    def save_for_backward(self, *tensors):
        pass


def run(layer, *arguments):
    return layer.apply(*arguments) if paddle.is_grad_enabled() else layer.forward(NoContext(), *arguments)


def pair(value):
    return list(value) if isinstance(value, (list, tuple)) else [value, value]


def install():
    """Replaces the layers' forward passes for this process."""
    slow_conv, slow_hardswish = paddle.nn.Conv2D.forward, paddle.nn.functional.hardswish

    def conv(self, x):
        co, ci, kh, kw = self.weight.shape
        stride = pair(self._stride)
        padding = pair(self._padding) if not isinstance(self._padding, str) else None
        simple = pair(self._dilation) == [1, 1] and stride[0] == stride[1] and kh == kw
        even = stride[0] == 1 or (stride[0] == 2 and x.shape[2] % 2 == 0 and x.shape[3] % 2 == 0)
        wanted = x.stop_gradient is False or not paddle.is_grad_enabled()
        out = None
        if simple and even and padding == [kh // 2, kh // 2]:
            if self._groups == x.shape[1] == co and kh in (3, 5) and wanted:
                out = run(Depthwise, x, self.weight, stride[0])
            elif self._groups == 1 and kh in (3, 5) and co * ci <= 128 and (stride[0] == 1 or x.stop_gradient):
                out = run(Dense, x, self.weight, stride[0])
            elif kh == 1 and self._groups == 1 and stride[0] == 1 and wanted:
                if (x.shape[2] * x.shape[3]) % VEC == 0:
                    out = run(Pointwise, x, self.weight)
        if out is None:
            return slow_conv(self, x)
        return out if self.bias is None else out + self.bias.reshape([1, -1, 1, 1])

    def hardswish(x, name=None):
        usable = not (x.stop_gradient and paddle.is_grad_enabled())
        return run(Hardswish, x) if usable else slow_hardswish(x)

    paddle.nn.Conv2D.forward = conv
    paddle.nn.functional.hardswish = hardswish
    paddle.nn.functional.activation.hardswish = hardswish
    paddle.nn.Hardswish.forward = lambda self, x: hardswish(x)
    return slow_conv, conv, slow_hardswish, hardswish


def check():
    slow_conv, fast_conv, slow_swish, fast_swish = install()
    worst = 0.0
    for ci, co, k, groups, stride, size in [
        (8, 8, 3, 8, 1, 32), (24, 24, 3, 24, 2, 40), (20, 20, 5, 20, 1, 13), (16, 16, 5, 16, 2, 20),
        (16, 16, 5, 16, 1, 4), (13, 21, 1, 1, 1, 16), (96, 96, 1, 1, 1, 4), (7, 33, 1, 1, 1, 20),
        (96, 1, 5, 1, 1, 12), (3, 8, 3, 1, 1, 24), (3, 8, 3, 1, 2, 24),
    ]:
        layer = paddle.nn.Conv2D(ci, co, k, stride, k // 2, groups=groups)
        x = paddle.randn([3, ci, size, size])
        found = []
        for forward in (slow_conv, fast_conv):
            image = x.clone().detach()
            image.stop_gradient = ci == 3 and stride == 2
            layer.clear_gradients()
            out = forward(layer, image)
            (out * paddle.cos(paddle.arange(out.size, dtype='float32').reshape(out.shape))).sum().backward()
            parts = [out, image.grad, layer.weight.grad, layer.bias.grad]
            found.append([t.numpy() for t in parts if t is not None])
        worst = max([worst] + [float(abs(a - b).max() / (abs(a).max() + 1e-6)) for a, b in zip(*found)])
    found = []
    for forward in (slow_swish, fast_swish):
        image = paddle.linspace(-6, 6, 999)
        image.stop_gradient = False
        out = forward(image)
        (out * out).sum().backward()
        found.append([out.numpy(), image.grad.numpy()])
    worst = max([worst] + [float(abs(a - b).max()) for a, b in zip(*found)])
    print('largest relative difference: %.1e' % worst)
    return worst < 1e-4


if __name__ == '__main__':
    raise SystemExit(0 if check() else 1)
