"""The verbs: each introduces packages of lower floors to one another."""
