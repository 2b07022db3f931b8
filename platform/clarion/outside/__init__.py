"""Requests to servers of the public internet, and to no others: nobody makes this site ask what only it can reach."""
