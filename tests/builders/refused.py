"""What an answer to a command must say, whatever its exact words: the code, and the facts that its reader needs."""

from domain.world import Reply


def refuses(reply: Reply, code: str | None, *facts: str) -> bool:
    """Whether the command was refused with this code (None: accepted) in a sentence that names these facts."""
    assert reply.code == code, f"{reply.code}: {reply.message}"
    assert reply.message.endswith("."), reply.message
    missing = [fact for fact in facts if fact.lower() not in reply.message.lower()]
    assert not missing, f"{missing} not in: {reply.message}"
    return reply.accepted is (code is None)
