"""HTTP in: the partner API and the national API; the only users of aiohttp.web."""
