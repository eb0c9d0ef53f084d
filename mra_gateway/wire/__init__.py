"""Bytes to model and back: the only parser of XML."""
