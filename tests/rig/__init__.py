"""A whole site on this machine for benchmarks and fault tests: real PostgreSQL, Valkey, SMTP and processes."""
