"""Bytes to a partner: the only users of the aiohttp client."""
