"""Where streams leave the program: browsers, dashboards, notebooks, metrics and traces.

All of it is made of public streams and operators, so each is an example to copy. What is optional is imported where it
is used; where it is missing, a `MissingExtraError` says what to install.
"""
