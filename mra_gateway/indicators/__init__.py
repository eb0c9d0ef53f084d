"""KPI definitions and what they are written over: event tables, expressions, definitions."""
