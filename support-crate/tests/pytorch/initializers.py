"""Gains, fans, and the moments of drawn weights, as PyTorch computes them."""

import json

import torch
from torch.nn import init

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

SHAPE = [40, 20, 15, 10]


def moments(f, *arguments, **settings):
    w = f(torch.empty(SHAPE), *arguments, **settings)
    std = w.std().item()
    return {"mean": w.mean().item(), "std": std, "kurtosis": (w**4).mean().item() / std**4, "max": w.abs().max().item()}


fixture = {
    "torch": torch.__version__.split("+")[0],
    "gains": {
        "linear": init.calculate_gain("linear"),
        "sigmoid": init.calculate_gain("sigmoid"),
        "tanh": init.calculate_gain("tanh"),
        "relu": init.calculate_gain("relu"),
        "leaky_relu": init.calculate_gain("leaky_relu", 0.2),
        "selu": init.calculate_gain("selu"),
    },
    "fans": [[shape, init._calculate_fan_in_and_fan_out(torch.empty(shape))] for shape in ([7, 5], [8, 3, 5, 4])],
    "shape": SHAPE,
    "moments": {
        "normal": moments(init.normal_, 0, 0.3),
        "uniform": moments(init.uniform_, -0.3, 0.3),
        "he": moments(init.kaiming_normal_),
        "he_uniform": moments(init.kaiming_uniform_, nonlinearity="relu"),
        "he_out": moments(init.kaiming_normal_, mode="fan_out"),
        "he_leaky": moments(init.kaiming_normal_, a=0.2),
        "xavier": moments(init.xavier_normal_),
        "xavier_uniform_tanh": moments(init.xavier_uniform_, gain=init.calculate_gain("tanh")),
        "lecun": moments(init.kaiming_normal_, nonlinearity="linear"),
        "lecun_uniform": moments(init.kaiming_uniform_, nonlinearity="linear"),
        "orthogonal": moments(init.orthogonal_, gain=2),
    },
}
print(json.dumps(fixture, separators=(",", ":")))
