"""Why a command was refused: stable codes in their order of precedence, and the one way to refuse (domain.md 9)."""

from typing import Final

CODES: Final[dict[str, str]] = {
    "invalid_command": "The command itself cannot be meant: a quantity of 0, an unknown symbol, a line twice, a wrong id or key.",
    "unknown_order": "No order with this id is known in the sales channel (yet).",
    "channel_not_permitted": "The actor may not act in this sales channel.",
    "not_permitted": "None of the actor's roles gives the right that the command needs.",
    "not_your_account": "A customer may act on the own account only.",
    "unknown_case": "No case with this id exists.",
    "unknown_entity": "The return, refund, task or other thing named does not exist on this order or case.",
    "unknown_line": "The order or case has no such line.",
    "already_exists": "The id is used by something else already.",
    "version_conflict": "The thing has changed since the version that the command expects.",
    "self_approval": "Who asked for it may not approve it.",
    "wrong_state": "The thing is not in a state in which this is possible.",
    "not_cancellable": "The order's status does not allow cancellation.",
    "not_changeable": "The units have left the house or are cancelled; they cannot be changed any more.",
    "already_received": "Goods have arrived for this return; it can only be settled now.",
    "action_open": "An action of the case line is still under way.",
    "wrong_account": "The order belongs to another account than the case.",
    "wrong_scope": "The scope, channel or lines of the case do not allow it.",
    "order_required": "A case on specific lines needs an order.",
    "checkout_required": "A case on a checkout needs a checkout.",
    "service_not_offered": "The policy of the channel does not offer this service.",
    "not_in_group": "The group is not listed, or the assignee is not a member of it.",
    "duplicate_case_line": "The order line stands on this case for the same kind of request already.",
    "outcome_required": "Lines are still open: say whether they are accepted or denied.",
    "no_lines": "There is no line to do it with.",
    "comment_required": "A comment is required.",
    "comment_too_long": "The comment is longer than allowed.",
    "reason_not_allowed": "The policy of the channel does not list this reason.",
    "source_choice_off": "The policy of the channel does not let one choose where a return goes.",
    "unknown_source": "No source with this id is known.",
    "source_refuses_returns": "The source does not accept returns for this channel.",
    "final_sale": "The line was sold as final sale.",
    "not_shipped": "No unit of the line has ever left the house.",
    "already_held": "Enough units are there, but too many of them are in another open remedy.",
    "quantity_not_available": "The line has fewer such units than asked for.",
    "return_window_over": "The time in which the line may be returned is over.",
    "unknown_sku": "No product with this SKU is known.",
    "not_same_parent": "The new SKU is not another child of the same parent product.",
    "same_product": "The new SKU is the one that was sold.",
    "not_sellable": "The product is not sold at present.",
    "out_of_stock": "There is not enough stock of the product in the order's channel.",
    "nothing_to_change": "Nothing would differ from what is so already.",
    "nothing_to_refund": "There is no money left to give back.",
    "amount_not_positive": "The amount must be more than 0.",
    "exceeds_line": "More than what is left of the line.",
    "exceeds_shipping": "More than what is left of the shipping line.",
    "exceeds_payment": "More than what is left of the payment.",
    "exceeds_order": "More than what is left of the order.",
    "bad_criteria": "The search expression is not understood.",
}
"""Code → what it means, first in precedence first. When several refusals apply, the first of this table is given."""

_RANK: Final = {code: rank for rank, code in enumerate(CODES)}


class Refused(Exception):
    """A command that is refused: nothing changes. `message` says what, why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        if code not in CODES:
            raise KeyError(code)
        super().__init__(message)
        self.code = code
        self.message = message


class Findings:
    """Collects every refusal that applies to a command, so that precedence and not the order of checks decides."""

    def __init__(self) -> None:
        self._found: list[tuple[int, int, str]] = []

    def add(self, code: str, message: str) -> None:
        self._found.append((_RANK[code], len(self._found), message))

    def add_refused(self, refused: Refused) -> None:
        self.add(refused.code, refused.message)

    def raise_first(self) -> None:
        """Raises the finding that comes first in CODES (the earliest of several with that code), if there is one."""
        if self._found:
            rank, _, message = min(self._found)
            raise Refused(tuple(CODES)[rank], message)
