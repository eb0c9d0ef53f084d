"""Programmes against catalogues and against each other: model in, model out."""
