"""A Query Service server for one machine: real HTTP, real SQL, virtual time.

It shares no code with the program it tests.
"""
