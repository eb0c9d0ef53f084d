"""Decision tables: what a case gets, what is wrong with a table, what a change would do."""
