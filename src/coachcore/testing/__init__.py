"""What hosts and store authors test with; import the part you need, such as `coachcore.testing.stores`.

Promises that importing this package alone loads neither pytest nor hypothesis; the parts that need them do.
"""
