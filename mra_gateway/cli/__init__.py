"""Commands, one module per group: they print and set exit codes, nothing else."""
