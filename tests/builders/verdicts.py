"""What a simulated day found wrong."""

from ordercase.simulate.verdict import Verdict


def wrongs(verdict: Verdict) -> list[str]:
    """Each wrong with the story and the order that it was found in."""
    return [f"{ending.story} {ending.order_id}: {wrong}" for ending in verdict.details for wrong in ending.wrongs]
