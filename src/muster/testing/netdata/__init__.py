"""A strict simulated Netdata agent: claim, agent-cloud link, queries; each quirk is a switch.

It takes nothing that the real one would refuse, and says by a Violation, with the section of
the specification, what a hub did wrong.
"""
