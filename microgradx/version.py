"""The package's version: the packaging and the command read it here."""

VERSION = "0.1.0"
