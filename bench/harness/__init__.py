"""What the benchmarks of the whole server share: queries, servers, load, tables. Nothing but Python's own library."""
