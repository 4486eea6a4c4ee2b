"""The requests that clients make, by concern: each module has its handlers and its rows of the table."""
