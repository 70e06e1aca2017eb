"""Optimizers: they change parameters by their gradients. Names and numbers are those of ``torch.optim``."""

from microgradx.optim import lr_scheduler, swa_utils
from microgradx.optim.adadelta import Adadelta
from microgradx.optim.adafactor import Adafactor
from microgradx.optim.adagrad import Adagrad
from microgradx.optim.adam import Adam, AdamW
from microgradx.optim.adamax import Adamax
from microgradx.optim.asgd import ASGD
from microgradx.optim.lbfgs import LBFGS
from microgradx.optim.muon import Muon
from microgradx.optim.nadam import NAdam
from microgradx.optim.optimizer import Optimizer
from microgradx.optim.radam import RAdam
from microgradx.optim.rmsprop import RMSprop
from microgradx.optim.rprop import Rprop
from microgradx.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
]
