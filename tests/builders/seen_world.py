"""What the rules may see of what is kept, as the worker shows it to them: what was looked for, and nothing else."""

from domain.world import Aggregate, NotLoaded, Ref


class SeenWorld:
    """What is kept, of which only `looked_for` may be seen."""

    def __init__(self, kept: dict[Ref, Aggregate], looked_for: set[Ref]) -> None:
        self._kept, self._looked_for = kept, looked_for

    def get(self, ref: Ref) -> Aggregate | None:
        if ref not in self._looked_for:
            raise NotLoaded(ref)
        return self._kept.get(ref)
