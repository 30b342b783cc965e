"""Two nets through three batches in training and one in evaluation, and every activation, as PyTorch computes them."""

import json

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def packed(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]}


def coarse(*shape):
    """Numbers that are exact after writing."""
    return (torch.randn(shape) * 1000).round() / 1000


OWN_NAMES = {nn.BatchNorm1d: ("gamma", "beta"), nn.BatchNorm2d: ("gamma", "beta"), nn.LayerNorm: ("gamma", "beta")}


def state(net):
    entries = []
    for i, layer in enumerate(net):
        names = ("slopes",) if isinstance(layer, nn.PReLU) else OWN_NAMES.get(type(layer), ("weight", "bias"))
        entries += [[f"{i}.{name}", packed(w)] for name, w in zip(names, layer.parameters())]
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            entries += [[f"{i}.running_mean", packed(layer.running_mean)]]
            entries += [[f"{i}.running_variance", packed(layer.running_var)]]
    return entries


def run(net, shape):
    for w in net.parameters():
        w.data = coarse(*w.shape)
    record = {"before": state(net), "batches": [], "outputs": []}
    for _ in range(3):
        x = coarse(*shape).requires_grad_()
        net.zero_grad()
        y = net(x)
        (y * y).sum().backward()
        record["batches"].append(packed(x))
        record["outputs"].append(packed(y))
    record |= {"input_gradient": packed(x.grad), "gradients": [packed(w.grad) for w in net.parameters()]}
    record |= {"after": state(net), "evaluated": packed(net.eval()(x))}
    return record


def activation(f):
    x = torch.tensor([[-30.0, -2.5, -1.0, -0.1], [0.1, 0.7, 2.0, 30.0]], requires_grad=True)
    y = f(x)
    (y * torch.arange(1.0, 9.0).reshape(2, 4)).sum().backward()
    return [packed(y), packed(x.grad)]


images = nn.Sequential(
    nn.Conv2d(2, 3, 3, stride=2, padding=1, bias=False),
    nn.BatchNorm2d(3, momentum=0.3),
    nn.LeakyReLU(0.1),
    nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1),
    nn.PReLU(2),
    nn.MaxPool2d(3, stride=1),
    nn.AvgPool2d(2),
    nn.Flatten(),
    nn.Linear(8, 3),
)
rows = nn.Sequential(
    nn.Linear(4, 6, bias=False), nn.BatchNorm1d(6), nn.Tanh(), nn.LayerNorm(6), nn.Linear(6, 3), nn.Sigmoid()
)
activations = {
    "Identity": lambda x: x,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "Relu": torch.relu,
    "LeakyRelu(0.2)": lambda x: F.leaky_relu(x, 0.2),
    "Prelu": lambda x: F.prelu(x, torch.tensor([0.25])),
    "Elu(1.5)": lambda x: F.elu(x, 1.5),
    "Selu": F.selu,
    "Gelu": lambda x: F.gelu(x, approximate="tanh"),
    "Silu": F.silu,
    "Softplus": lambda x: F.softplus(x, threshold=1e9),
    "Softmax": lambda x: F.softmax(x, -1),
}
fixture = {
    "torch": torch.__version__.split("+")[0],
    "images": run(images, (4, 2, 6, 6)),
    "rows": run(rows, (5, 4)),
    "activations": {name: activation(f) for name, f in activations.items()},
}
print(json.dumps(fixture, separators=(",", ":")))
