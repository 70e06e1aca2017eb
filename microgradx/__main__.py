"""``python -m microgradx`` is the command ``microgradx``."""

import sys

from microgradx.cli import main

sys.exit(main())
