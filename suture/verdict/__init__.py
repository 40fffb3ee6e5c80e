"""Judging what was observed: is it the reported failure, is the patched answer right, did it cost.

A repair runs through here in this order. `observation.parse` reads what a probe printed;
`observation.same_failure` says whether the base shows the reported fault; `oracle.expect` turns the
observations of the last good commit into an expectation; `oracle.choose` picks among the patches
that survived; `suite` compares the existing tests; `gate.verify` puts it all into one answer.
"""
