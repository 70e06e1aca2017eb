"""Speed and memory of microgradx beside its peers: ``python -m benchmarks`` prints a table of ratios.

The peers come with ``pip install microgradx[benchmarks]``. Every library runs with its defaults, as its users have it,
but on one thread each: NumPy and PyTorch read these variables when they are first imported.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
