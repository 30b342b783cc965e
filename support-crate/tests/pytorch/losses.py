"""Every loss and its gradient, as PyTorch computes them."""

import json

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def packed(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]}


def coarse(*shape):
    """Numbers that are exact after writing."""
    return (torch.randn(shape) * 1000).round() / 1000


def run(f, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    loss = f(*inputs)
    loss.backward()
    return {"inputs": [packed(x) for x in inputs], "loss": loss.item(), "gradients": [packed(x.grad) for x in inputs]}


x, y = coarse(4, 3) * 2, coarse(4, 3)
logits = coarse(5, 4) * 3
logits[0] = torch.tensor([500.0, -500.0, 0.0, 499.0])
labels = torch.tensor([0, 3, 1, 1, 2])
soft = F.softmax(coarse(5, 4), 1)
p = torch.tensor([[0.0, 1.0, 0.25], [0.5, 0.125, 0.999]])
targets = torch.tensor([[0.0, 1.0, 1.0], [0.25, 0.0, 1.0]])
wrong = torch.tensor([[1.0, 0.0, 1.0], [0.25, 0.0, 1.0]])
signs = torch.tensor([[1.0, -1.0, 1.0]] * 4)
z = torch.tensor([[-200.0, 200.0, 0.0], [1.5, -3.0, 80.0]])
a, b, c = coarse(4, 3), coarse(4, 3), coarse(4, 3)
same = torch.tensor([True, False, True, False])


def contrastive(a, b):
    d = (a - b).norm(dim=1)
    return torch.where(same, d**2, torch.clamp(2 - d, min=0) ** 2).mean()


def triplet(a, b, c):
    return torch.clamp(((a - b) ** 2).sum(1) - ((a - c) ** 2).sum(1) + 0.5, min=0).mean()


fixture = {
    "torch": torch.__version__.split("+")[0],
    "y": packed(y),
    "labels": labels.tolist(),
    "soft": packed(soft),
    "targets": packed(targets),
    "wrong": packed(wrong),
    "signs": packed(signs),
    "same": same.tolist(),
    "mse": run(lambda x: F.mse_loss(x, y), x),
    "mae": run(lambda x: F.l1_loss(x, y), x),
    "huber": run(lambda x: F.huber_loss(x, y, delta=0.7), x),
    "bce": run(lambda p: F.binary_cross_entropy(p, targets), p),
    "bce_wrong": run(lambda p: F.binary_cross_entropy(p, wrong), p),
    "bce_with_logits": run(lambda z: F.binary_cross_entropy_with_logits(z, targets), z),
    "cross_entropy": run(lambda z: F.cross_entropy(z, labels), logits),
    "cross_entropy_smooth": run(lambda z: F.cross_entropy(z, labels, label_smoothing=0.1), logits),
    "cross_entropy_soft": run(lambda z: F.cross_entropy(z, soft), logits),
    "cross_entropy_soft_smooth": run(lambda z: F.cross_entropy(z, soft, label_smoothing=0.3), logits),
    "hinge": run(lambda x: torch.clamp(1 - x * signs, min=0).mean(), x),
    "multi_hinge": run(lambda x: F.multi_margin_loss(x, labels), logits[1:].new_tensor([[0.5, 1, 0, -1]] * 5)),
    "contrastive": run(contrastive, a, b),
    "triplet": run(triplet, a, b, c),
}
print(json.dumps(fixture, separators=(",", ":")))
