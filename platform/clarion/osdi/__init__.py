"""The same for tools that speak OSDI, as Action Network does, under `/api/osdi/v1`: petitions, signatures, people."""
