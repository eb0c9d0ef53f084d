"""Files and events → answers; the only users of DuckDB and Spark, through ibis."""
