"""The rule that says what a recognised foreign AEO gets, step by step (pure)."""
