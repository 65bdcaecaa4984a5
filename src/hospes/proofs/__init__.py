"""
Proofs: each promise of the privacy statement, played against a running installation with the outside world simulated.

A proof does what the promise says, and then tries what it forbids. It returns its evidence in one sentence, or raises Broken.
"""
