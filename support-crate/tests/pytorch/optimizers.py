"""Five steps of every optimizer, and the rates of every schedule, as PyTorch computes them (in float64)."""

import json
import math

import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop, lr_scheduler

STEPS = 5
SHAPES = [(2, 3), (2,)]


def start():
    """Weights cos(i), i = 0 … 7 through both parameters."""
    weights, i = [], 0
    for shape in SHAPES:
        n = math.prod(shape)
        weights.append(torch.tensor([math.cos(i + k) for k in range(n)], dtype=torch.float64).reshape(shape))
        i += n
    return [w.requires_grad_() for w in weights]


def gradients(params, step):
    """3 sin(1.7 i + 0.9 step) + w / 2."""
    i = 0
    for w in params:
        n = w.numel()
        wave = torch.tensor([3 * math.sin(1.7 * (i + k) + 0.9 * step) for k in range(n)], dtype=torch.float64)
        w.grad = wave.reshape(w.shape) + w.detach() / 2
        i += n


def run(rule, clip_norm=None, clip_value=None, skip=False, **settings):
    params = start()
    optimizer = {"sgd": SGD, "ada_grad": Adagrad, "rms_prop": RMSprop, "adam": Adam, "adam_w": AdamW}[rule](
        params, **settings
    )
    after = []
    for step in range(STEPS):
        gradients(params, step)
        if skip and step < 2:
            params[1].grad = None
        if clip_value is not None:
            torch.nn.utils.clip_grad_value_(params, clip_value)
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(params, clip_norm)
        optimizer.step()
        after += [x for w in params for x in w.detach().flatten().tolist()]
    settings = dict(settings, rule=rule, clip_norm=clip_norm, clip_value=clip_value, skip=skip)
    return {"settings": settings, "after": {"shape": [STEPS, 8], "data": rounded(after)}}


def rounded(numbers):
    return [float(f"{x:.9g}") for x in numbers]


def rates(make, total, base=0.1):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = make(optimizer)
    found = []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return {"shape": [total], "data": rounded(found)}


def warm_up(optimizer, steps):
    return lr_scheduler.LinearLR(optimizer, start_factor=1 / steps, total_iters=steps - 1)


def warm_up_then_cosine(optimizer, steps, total):
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=total - steps, eta_min=0.001)
    return lr_scheduler.SequentialLR(optimizer, [warm_up(optimizer, steps), cosine], milestones=[steps])


RUNS = [
    run("sgd", lr=0.1),
    run("sgd", lr=0.1, weight_decay=0.3),
    run("sgd", lr=0.1, momentum=0.9),
    run("sgd", lr=0.1, momentum=0.9, weight_decay=0.3),
    run("sgd", lr=0.1, momentum=0.8, nesterov=True),
    run("sgd", lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.3),
    run("ada_grad", lr=0.1),
    run("ada_grad", lr=0.1, eps=0.2, weight_decay=0.3),
    run("rms_prop", lr=0.1, alpha=0.9),
    run("rms_prop", lr=0.1, alpha=0.99, eps=0.2),
    run("rms_prop", lr=0.1, alpha=0.9, weight_decay=0.3),
    run("adam", lr=0.1),
    run("adam", lr=0.1, betas=(0.7, 0.95), eps=0.2),
    run("adam", lr=0.1, weight_decay=0.3),
    run("adam_w", lr=0.1, weight_decay=0.3),
    run("adam_w", lr=0.1, weight_decay=0.3, betas=(0.7, 0.95), eps=0.2),
    run("sgd", lr=0.1, clip_norm=2.0),
    run("sgd", lr=0.1, clip_norm=1000.0),
    run("sgd", lr=0.1, clip_value=1.5),
    run("sgd", lr=0.1, clip_value=1.5, clip_norm=2.0),
    run("sgd", lr=0.1, momentum=0.9, weight_decay=0.3, clip_norm=2.0),
    run("adam", lr=0.1, clip_value=1.5, weight_decay=0.3),
    run("adam", lr=0.1, skip=True),
    run("sgd", lr=0.1, momentum=0.9, skip=True),
]

SCHEDULES = {
    "constant": rates(lambda o: lr_scheduler.ConstantLR(o, factor=1.0), 20),
    "step": rates(lambda o: lr_scheduler.StepLR(o, step_size=3, gamma=0.5), 20),
    "exponential": rates(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9), 20),
    "cosine": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=20, eta_min=0.001), 20),
    "one cycle": rates(lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=20), 20),
    "one cycle, late": rates(lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=37, pct_start=0.7), 37),
    "warm-up": rates(lambda o: warm_up(o, 5), 20),
    "warm-up, cosine": rates(lambda o: warm_up_then_cosine(o, 5, 20), 20),
}

print(json.dumps({"torch": torch.__version__, "runs": RUNS, "schedules": SCHEDULES}, separators=(",", ":")))
