"""Values and gradients of the tensor operations, as PyTorch computes them."""

import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)  # so that the expected numbers have no error of their own


def numbers(shape, seed):
    """Numbers from a formula, of both signs and none near 0, the kink of so many functions."""
    count = int(torch.tensor(shape).prod()) if shape else 1
    k = torch.arange(1, count + 1) + 17 * seed
    x = (0.31 + 1.37 * ((k * 0.618034) % 1)) * torch.where(k % 3 == 0, -1.0, 1.0)
    return torch.round(x.reshape(shape), decimals=3)


def array(x):
    return {"shape": list(x.shape), "data": [float(f"{v:.8g}") for v in x.detach().flatten().tolist()]}


def leaky(slope):
    return lambda x: F.leaky_relu(x, slope)


def batch_norm(x, gamma, beta):
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)


def batch_norm_with(x, gamma, beta):
    mean, variance = torch.tensor([0.3, -0.7, 1.1]), torch.tensor([0.5, 2.0, 0.9])
    return F.batch_norm(x, mean, variance, gamma, beta, training=False, eps=1e-3)


def positive(f):
    return lambda x: f(x * x + 0.5)


m, row = [2, 3], [3]
images = [2, 3, 2, 2]
CASES = {
    "add": (lambda x, y: x + y, [m, row]),
    "sub": (lambda x, y: x - y, [m, row]),
    "mul": (lambda x, y: x * y, [images, [3, 1, 1]]),
    "div": (lambda x, y: x / y, [[2, 1], row]),
    "number": (lambda x: 2 - (1.5 * x + 1) / 3 - 0.5 / x, [m]),
    "maximum": (torch.maximum, [m, row]),
    "minimum": (torch.minimum, [m, row]),
    "select": (lambda x, y: torch.where(torch.tensor([[True], [False]]), x, y), [m, row]),
    "exp": (torch.exp, [m]),
    "ln": (positive(torch.log), [m]),
    "sqrt": (positive(torch.sqrt), [m]),
    "sin": (torch.sin, [m]),
    "cos": (torch.cos, [m]),
    "abs": (torch.abs, [m]),
    "powf 3": (lambda x: x**3, [m]),
    "powf -1.5": (positive(lambda x: x**-1.5), [m]),
    "clamp": (lambda x: torch.clamp(x, -0.75, 0.85), [m]),
    "sum": (torch.sum, [m]),
    "mean": (torch.mean, [m]),
    "sum_axes": (lambda x: x.sum((0, 2), keepdim=True), [[2, 3, 2]]),
    "mean_axes": (lambda x: x.mean((0, 2), keepdim=True), [[2, 3, 2]]),
    "max_axis": (lambda x: x.max(1, keepdim=True).values, [[2, 3, 2]]),
    "min_axis": (lambda x: x.min(1, keepdim=True).values, [[2, 3, 2]]),
    "reshape": (lambda x: x.permute(2, 0, 1).reshape(4, 3), [[2, 3, 2]]),
    "flatten": (lambda x: x.flatten(1), [[2, 3, 2]]),
    "t": (lambda x: x.t(), [m]),
    "permute": (lambda x: x.permute(2, 0, 1), [[2, 3, 2]]),
    "slice": (lambda x: x[:, 1:3], [[2, 3, 2]]),
    "concat": (lambda x, y: torch.cat([x, y], 1), [[2, 3], [2, 2]]),
    "gather_rows": (lambda x: x[[2, 0, 2]], [[3, 2]]),
    "matmul": (torch.matmul, [[2, 3], [3, 4]]),
    "linear": (F.linear, [[2, 3], [4, 3], [4]]),
    "sigmoid": (torch.sigmoid, [m]),
    "tanh": (torch.tanh, [m]),
    "relu": (F.relu, [m]),
    "leaky_relu": (leaky(0.1), [m]),
    "prelu": (F.prelu, [images, [3]]),
    "prelu one": (F.prelu, [images, [1]]),
    "elu": (lambda x: F.elu(x, 0.7), [m]),
    "selu": (F.selu, [m]),
    "gelu": (lambda x: F.gelu(x, approximate="tanh"), [m]),
    "silu": (F.silu, [m]),
    "softplus": (F.softplus, [m]),
    "softmax": (lambda x: F.softmax(x, 1), [[2, 3, 2]]),
    "log_softmax": (lambda x: F.log_softmax(30 * x, 1), [[2, 3, 2]]),
    "batch_norm": (batch_norm, [images, [3], [3]]),
    "batch_norm flat": (batch_norm, [[4, 3], [3], [3]]),
    "batch_norm_with": (batch_norm_with, [images, [3], [3]]),
    "conv2d": (lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1), [[2, 2, 5, 4], [3, 2, 3, 2], [3]]),
    "conv2d same": (lambda x, w, b: F.conv2d(x, w, b, padding=1), [[2, 2, 4, 4], [3, 2, 3, 3], [3]]),
    "conv_transpose2d": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1),
        [[2, 2, 3, 2], [2, 3, 4, 4], [3]],
    ),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2, 2), [[2, 2, 5, 4]]),
    "max_pool2d overlapping": (lambda x: F.max_pool2d(x, 3, 1), [[2, 2, 5, 4]]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2, 1), [[2, 2, 4, 3]]),
    "layer_norm": (lambda x, g, b: F.layer_norm(x, [3], g, b, 1e-3), [[2, 2, 3], [3], [3]]),
}

cases = []
for name, (f, shapes) in CASES.items():
    inputs = [numbers(shape, i + 1).requires_grad_() for i, shape in enumerate(shapes)]
    value = f(*inputs)
    weights = numbers(list(value.shape), 7)
    value.backward(weights)
    cases.append(
        {
            "name": name,
            "inputs": [array(x) for x in inputs],
            "value": array(value),
            "weights": array(weights),
            "grads": [array(x.grad) for x in inputs],
        }
    )
print('{"torch": "%s", "cases": [' % torch.__version__.split("+")[0])
print(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
print("]}")
