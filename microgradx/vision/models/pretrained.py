"""What a constructor does with ``weights=``: there are no pretrained weights here, and it says so."""

import warnings
from typing import Any


def untrained(name: str, weights: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The options for the class of model ``name``, once it is clear that no pretrained weights are wanted.

    Raises: ValueError: ``weights``, or ``pretrained`` as it was once called, asks for some.
    """
    if "pretrained" in options:
        weights = options.pop("pretrained")
        warnings.warn(
            "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, please use "
            "'weights' instead.",
            stacklevel=3,
        )
    if weights is None or weights is False:
        return options
    raise ValueError(
        f"{name}: expected weights=None, got {weights!r}; pretrained weights do not come with microgradx: build the "
        f"model without them, and give load_state_dict() the state dict that torchvision.models.{name} has with "
        "these weights. Its keys and shapes are the same."
    )
