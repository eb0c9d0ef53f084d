"""The nouns: frozen pydantic models, no input or output, no clock."""
