"""The demonstration: two real gateways on this machine, with fictitious operators and officers."""
