"""May we believe it? Keys, certificate path, signature profile, policy, verifier, signer."""
