"""Gradient estimators, one file each: which function answers the shots of training, and which those of validation."""

from core.training.estimators.base import Estimator, Route
from core.training.estimators.ideal import ideal
from core.training.estimators.in_silico import in_silico
from core.training.estimators.pat import pat
from core.training.estimators.spsa import spsa

ESTIMATORS: dict[str, Estimator] = {"pat": pat, "in_silico": in_silico, "ideal": ideal, "spsa": spsa}

__all__ = ["ESTIMATORS", "Estimator", "Route", "ideal", "in_silico", "pat", "spsa"]
