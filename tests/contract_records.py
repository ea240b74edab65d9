"""The records of the wire contract as data, and the comparison of schema files with them. Taken over as they were given.

`name type` pairs. s string, i int, l long, b boolean, t timestamp-micros, d date, ? optional, [T] array, {T} map,
Name record, e:Name(SYMBOLS) enum, * any enum or string that the contract does not spell out. `=` has a default.
"""

# mypy: ignore-errors
# (Its types are not written down, and it stays as it was given.)
from __future__ import annotations

import re
from typing import Any

ADDRESS = "name s?, street s?, city s?, region s?, postcode s?, country s?, phone s?"
CMD = "command_id s, issued_at t, actor Actor, expected_version l?, dry_run b=, "
CASE = CMD + "case_id s, "
ORD = CMD + "sales_channel s, order_id s, case_id s?, case_line_id s?, "
REF = CMD + "sales_channel s, order_id s?, checkout_id s?, case_id s?, case_line_id s?, "
LOOSE = {
    "ApproveRefund",
    "CancelRefund",
    "RetryRefund",
    "ReleaseRefundOffline",
    "RefundPayment",
}  # where the page leaves the order of fields open
OUT0 = "event_id s, occurred_at t, version l, previous_state *?, state *, cause_id s, actor ActorRef, created_at t, created_by ActorRef, "
OUT = OUT0 + "case_id s?, "
MADE = "event_id s, occurred_at t, cause_id s, actor ActorRef, "
WH = "event_id s, occurred_at t, sales_channel s, order_id s, "

NESTED = {
    "commerce.Address": ADDRESS,
    "commerce.Customer": "customer_id s, type s?, first_name s?, last_name s?, email s?, phone s?",
    "commerce.Shipping": "shipping_id s, address Address?, method s?",
    "commerce.OrderPayment": "payment_ref s, gateway s, method s, amount_minor l",
    "commerce.Tax": "type s, rate s, amount_minor l",
    "commerce.Line": "line_number i, original_line_number i?, sku s, parent_sku s?, product_name s?, image_url s?, "
    "product_type e:ProductType(PHYSICAL SHIPPING SERVICE VIRTUAL BUNDLE), parent_line_number i?, shipping_id s?, quantity i, "
    "unit_price_minor l, discount_minor l=, taxes [Tax], total_minor l, source_id s?, promised_date d?, final_sale b=, custom_attributes {s}",
    "commerce.Order": "sales_channel s, order_id s, order_type e:OrderType(NORMAL EXCHANGE RESHIPMENT), original_order_id s?, checkout_id s?, account_id s?, "
    "account_name s?, store s?, vat_country s?, status e:OrderStatus(NEW RECEIVED APPROVED AUTHORIZED ONHOLD LOGISTICS PARTIALLY_COMPLETE "
    "COMPLETE CANCELLED REJECTED ABORTED ERROR), status_reason s?, placed_at t, currency s, tax_included b, language s=, test b=, "
    "customer Customer, billing_address Address?, shipping_address Address?, shipping_method s?, shippings [Shipping], "
    "order_discount_minor l=, lines [Line], payments [OrderPayment], custom_attributes {s}",
    "commerce.ChangeAnswerField": "field e:ChangeField(QUANTITY DELIVERY_DATE ADDRESS SHIPPING_METHOD), line_number i?, confirmed b, approved_quantity i?, "
    "approved_date d?, reason s?",
    "warehouse.StatusLine": "line_number i, quantity i, status e:UnitStatus(RECEIVED ONHOLD PICKED PACKED DECLINED BACKORDERED DELIVERED LOST), reason s?",
    "warehouse.PackageLine": "line_number i, quantity i",
    "warehouse.Package": "box_number s, carrier s?, tracking_number s?, tracking_link s?, comment s?, lines [PackageLine]",
    "warehouse.CancellationAnswerLine": "line_number i, confirmed i, refused i, reason s?",
    "warehouse.ReceiptLine": "line_number i?, sku s?, quantity i, outcome e:ReceiptOutcome(GOOD DAMAGED WRONG_ITEM SHORT LOST), condition s?, comment s?",
    "commands.Actor": "id s, name s?, roles [s], channels [s], accounts [s]",
    "commands.Contact": "name s?, email s?, phone s?, language s?",
    "commands.ChangeRequest": "kind e:RequestedChangeKind(QUANTITY DELIVERY_DATE ADDRESS SHIPPING_METHOD PRICE INCORRECT_ITEM CANCELLATION OTHER), "
    "requested_quantity i?, requested_date d?, requested_address Address?, requested_price_minor l?, requested_shipping_method s?, "
    "approved_quantity i?, approved_date d?, approved_address Address?, approved_price_minor l?, approved_shipping_method s?, notes s?",
    "commands.CaseLineInput": "case_line_id s, order_id s?, line_number i?, request ChangeRequest?",
    "commands.LineQuantity": "line_number i, quantity i",
    "commands.ChangeLine": "line_number i, new_quantity i?, delivery_date d?",
    "commands.ReturnLineInput": "line_number i, quantity i, reason s, return_to_source s?",
    "commands.AppeasementLineInput": "line_number i, amount_minor l, reason s",
    "commands.ExchangeLineInput": "line_number i, quantity i, new_sku s, reason s",
    "commands.ReshipmentLineInput": "line_number i, quantity i, reason s",
    "replies.PreviewLine": "line_number i, quantity i, net_minor l, tax_minor l, gross_minor l, available i?, missing i?",
    "replies.PreviewLeg": "payment_ref s, amount_minor l",
    "replies.Preview": "state *?, amount_minor l?, currency s?, shipping_minor l?, fee_minor l?, lines [PreviewLine], legs [PreviewLeg], left_minor l?",
    "cases.ActorRef": "id s, name s?, kind e:ActorKind(AGENT CUSTOMER SHOP WAREHOUSE GATEWAY NOTIFIER SYSTEM)",
    "cases.CaseAction": "entity_type *, entity_id s, state *",
    "cases.CaseLine": "case_line_id s, case_line_number s, order_id s?, line_number i?, previous_state *?, state *, resolution_code s?, "
    "request ChangeRequest?, assignee s?, actions [CaseAction]",
    "postsales.OrderLineState": "line_number i, sku s, quantity i, buckets {i}, status *, value_minor l, refunded_minor l, left_minor l",
    "postsales.CancellationLine": "line_number i, asked i, confirmed i, refused i, source_id s?, reason s?",
    "postsales.CancellationVoid": "leg_id s, payment_ref s, amount_minor l, state *, attempt i, reason s?",
    "postsales.ChangeFieldState": "field *, asked_of e:AskedOf(SHOP WAREHOUSE), line_number i?, current_quantity i?, requested_quantity i?, approved_quantity i?, current_date d?, "
    "requested_date d?, approved_date d?, current_address Address?, requested_address Address?, current_method s?, "
    "requested_method s?, shipping_id s?, confirmed b?, reason s?",
    "postsales.ReturnLine": "line_number i, sku s, quantity i, reason s, source_id s?, transport *, decision *, settlement *, good i, damaged i, wrong i, "
    "short i, lost i, accepted i, accepted_part i, rejected i, percent i?",
    "postsales.RefundLine": "line_number i, sku s, product_name s?, quantity i, reason s?, net_minor l, tax_minor l, gross_minor l, taxes [Tax]",
    "postsales.RefundLeg": "leg_id s, payment_ref s, gateway s, amount_minor l, state *, attempt i, gateway_reference s?, reason s?",
    "postsales.ExchangeLine": "line_number i, quantity i, sku s, new_sku s, new_line_number i?, reason s",
    "postsales.ReshipmentLine": "line_number i, quantity i, sku s, new_line_number i?, reason s",
}

RECORDS = {
    "commerce.OrderEvent": "event_id s, occurred_at t, kind e:OrderEventKind(PLACED UPDATED CANCELLED), revision l, order Order",
    "commerce.ChangeAnswer": WH + "change_id s, answers [ChangeAnswerField]",
    "warehouse.ChangeAnswer": WH + "change_id s, answers [ChangeAnswerField]",
    "commerce.CheckoutEvent": "event_id s, occurred_at t, kind e:CheckoutKind(STARTED UPDATED FAILED COMPLETED ABANDONED), revision l, sales_channel s, "
    "checkout_id s, order_id s?, account_id s?, currency s, customer Customer, lines [Line], payments [OrderPayment], failure_reason s?",
    "commerce.Product": "sku s, parent_sku s?, name s?, image_url s?, sellable b, updated_at t",
    "commerce.StockLevel": "sales_channel s, sku s, available i, updated_at t",
    "warehouse.LineStatus": WH + "source_id s?, lines [StatusLine]",
    "warehouse.Shipment": WH + "shipment_id s, source_id s?, packages [Package]",
    "warehouse.CancellationAnswer": WH + "cancellation_id s, source_id s?, lines [CancellationAnswerLine]",
    "warehouse.ReturnReceipt": WH + "receipt_id s, rma s?, source_id s?, lines [ReceiptLine], complete b=",
    "warehouse.Source": "source_id s, name s?, accepts_returns b, sales_channels [s], updated_at t",
    "payments.PaymentEvent": "event_id s, occurred_at t, sales_channel s, order_id s?, checkout_id s?, payment_ref s, gateway s, method s, "
    "kind e:PaymentKind(AUTHORIZED AUTHORIZATION_FAILED CAPTURED CAPTURE_FAILED VOIDED VOID_FAILED REFUNDED REFUND_FAILED "
    "REFUND_REVERSED CHARGED_BACK CHARGEBACK_WON), amount_minor l, currency s, gateway_reference s?, operation_reference s?, "
    "reason s?, response s?",
    "notifications.NoticeReceipt": "event_id s, occurred_at t, notice_id s, status e:NoticeStatus(SENT FAILED), recipient s?, reason s?",
    "commands.OpenCase": CASE
    + "service s, scope e:CaseScope(SPECIFIC_LINES MULTIPLE_ORDERS CHECKOUT), sales_channel s, account_id s?, order_id s?, "
    "checkout_id s?, channel e:ContactChannel(WEB PHONE EMAIL CHAT SOCIAL SYSTEM), contact Contact?, "
    "origin e:CaseOrigin(ORDER ORDER_LINES INTERACTION LIST SITE SYSTEM), interaction_id s?, priority i=, short_description s, "
    "description s?, lines [CaseLineInput]",
    "commands.EditCase": CASE + "short_description s?, description s?, priority i?, contact Contact?, channel *?",
    "commands.AddCaseLines": CASE + "lines [CaseLineInput]",
    "commands.RemoveCaseLines": CASE + "case_line_ids [s]",
    "commands.CancelCaseLine": CASE + "case_line_id s, reason s",
    "commands.EditCaseLine": CASE + "case_line_id s, request ChangeRequest",
    "commands.SubmitCase": CASE + "notes s?",
    "commands.CancelCase": CASE + "notes s?",
    "commands.AssignCase": CASE + "assignee s?, group s?",
    "commands.AssignCaseLine": CASE + "case_line_id s, assignee s?",
    "commands.RequestInformation": CASE + "case_line_ids [s], question s",
    "commands.InformationReceived": CASE + "case_line_ids [s], answer s?",
    "commands.ResolveCaseLine": CASE
    + "case_line_id s, outcome e:Outcome(ACCEPTED DENIED), resolution_code s?, notes s?",
    "commands.ResolveCase": CASE + "outcome *?, resolution_code s?, notes s?",
    "commands.CloseCase": CASE + "accepted_by e:AcceptedBy(CUSTOMER AGENT AUTOMATIC), notes s?",
    "commands.RejectSolution": CASE + "reason s?",
    "commands.AddTask": CASE + "case_line_id s, short_description s, description s?, assignee s?, group s?, due_at t?",
    "commands.AssignTask": CASE + "task_id s, assignee s?, group s?",
    "commands.CompleteTask": CASE + "task_id s, notes s?",
    "commands.CancelTask": CASE + "task_id s, notes s?",
    "commands.AddComment": CMD + "case_id s?, sales_channel s?, order_id s?, text s, public b=",
    "commands.ClearAttention": CMD + "case_id s?, sales_channel s?, order_id s?, attention [s], note s?",
    "commands.RecordInteraction": CMD
    + "interaction_id s, sales_channel s, channel *, contact Contact, account_id s?, order_id s?, checkout_id s?, summary s",
    "commands.CancelOrder": ORD + "lines [LineQuantity], reason s, force b=",
    "commands.ChangeOrder": ORD
    + "lines [ChangeLine], shipping_address Address?, shipping_method s?, shipping_id s?, reason s",
    "commands.WithdrawOrderChange": ORD + "change_id s",
    "commands.CreateReturn": ORD + "lines [ReturnLineInput], comment s",
    "commands.ApproveReturn": ORD + "return_id s",
    "commands.DenyReturn": ORD + "return_id s, reason s",
    "commands.CancelReturn": ORD + "return_id s, reason s?",
    "commands.DecideReturnLine": ORD
    + "return_id s, line_number i, verdict e:Verdict(ACCEPT ACCEPT_PART REJECT), percent i?",
    "commands.ApproveRefund": REF + "refund_id s",
    "commands.CancelRefund": REF + "refund_id s",
    "commands.RetryRefund": REF + "refund_id s",
    "commands.ReleaseRefundOffline": REF + "refund_id s, reference s, reason s?",
    "commands.RetryVoid": ORD + "cancellation_id s",
    "commands.CreateAppeasement": ORD + "lines [AppeasementLineInput], amount_includes_tax b=, comment s?",
    "commands.RefundPayment": CMD
    + "sales_channel s, checkout_id s, case_id s?, case_line_id s?, payment_ref s, amount_minor l, reason s",
    "commands.CreateExchange": ORD
    + "lines [ExchangeLineInput], comment s?, new_shipping_method s?, new_shipping_address Address?",
    "commands.CancelExchange": ORD + "exchange_id s, reason s?",
    "commands.CreateReshipment": ORD
    + "lines [ReshipmentLineInput], take_back b=, comment s?, shipping_method s?, shipping_address Address?",
    "commands.CancelReshipment": ORD + "reshipment_id s, reason s?",
    "commands.ResendNotice": CMD + "notice_id s, sales_channel s?, order_id s?, case_id s?",
    "replies.CommandResult": "command_id s, occurred_at t, status e:CommandStatus(ACCEPTED REJECTED), code s?, message s, dry_run b, entity_type *?, "
    "entity_id s?, version l?, preview Preview?",
    "cases.CaseChanged": OUT0
    + "case_id s, case_number s, sales_channel s, service s, scope *, origin *, channel *, account_id s?, orders [s], order_id s?, "
    "checkout_id s?, interaction_id s?, contact Contact?, assignee s?, group s?, priority i, short_description s, description s?, "
    "resolution_code s?, accepted_by *?, sla_state e:SlaState(NOT_STARTED RUNNING PAUSED MET BREACHED), sla_due_at t?, "
    "submitted_at t?, resolved_at t?, closed_at t?, needs_attention b, attention [s], blocked_by *?, opened_because *?, related_case_id s?, "
    "lines [CaseLine]",
    "cases.TaskChanged": OUT0
    + "task_id s, task_number s, case_id s, case_line_id s, short_description s, description s?, assignee s?, group s?, due_at t?, notes s?",
    "postsales.OrderStateChanged": OUT
    + "sales_channel s, order_id s, order_type *, status *, shop_status *, needs_attention b, attention [s], "
    "order_total_minor l, captured_minor l, refunded_minor l, pending_minor l, charged_back_minor l, due_minor l, "
    "currency s, lines [OrderLineState]",
    "postsales.CancellationChanged": OUT
    + "cancellation_id s, sales_channel s, order_id s, lines [CancellationLine], reason s, forced b, refund_ids [s], voids [CancellationVoid]",
    "postsales.OrderChangeChanged": OUT
    + "change_id s, sales_channel s, order_id s, fields [ChangeFieldState], reason s",
    "postsales.ReturnChanged": OUT
    + "return_id s, rma s, sales_channel s, order_id s, source_id s?, blind b, comment s, reason s?, lines [ReturnLine], "
    "refund_ids [s], exchange_id s?, reshipment_id s?",
    "postsales.RefundChanged": OUT
    + "refund_id s, credit_note_number s?, refund_type e:RefundType(RETURN CANCELLATION APPEASEMENT CHECKOUT), sales_channel s, "
    "order_id s?, for_order_id s?, checkout_id s?, return_id s?, cancellation_id s?, amount_minor l, currency s, "
    "shipping_minor l, fee_minor l, shortfall_minor l, voided_minor l, comment s?, lines [RefundLine], legs [RefundLeg]",
    "payments.PaymentRequest": "event_id s, occurred_at t, operation_reference s, kind e:RequestKindOfPayment(REFUND VOID), sales_channel s, order_id s?, "
    "checkout_id s?, payment_ref s, gateway s, method s, amount_minor l, currency s, refund_id s?, cancellation_id s?, return_id s?, "
    "attempt i, test b=",
    "postsales.ExchangeChanged": OUT
    + "exchange_id s, sales_channel s, order_id s, mode e:ExchangeMode(ADVANCE HOLD), new_order_id s?, return_id s?, "
    "lines [ExchangeLine]",
    "postsales.ReshipmentChanged": OUT
    + "reshipment_id s, sales_channel s, order_id s, new_order_id s?, take_back b, return_id s?, shipping_method s?, "
    "shipping_address Address?, lines [ReshipmentLine]",
    "postsales.ExchangeOrderCreated": MADE + "exchange_id s, hold b, order Order",
    "postsales.ReshipmentOrderCreated": MADE + "reshipment_id s, hold b, order Order",
    "postsales.OrderReleased": MADE
    + "sales_channel s, order_id s, original_order_id s, exchange_id s?, reshipment_id s?, reason s?",
    "postsales.OrderWithdrawn": MADE
    + "sales_channel s, order_id s, original_order_id s, exchange_id s?, reshipment_id s?, reason s?",
    "notifications.NoticeRequested": "event_id s, occurred_at t, cause_id s, notice_id s, kind e:NoticeKind(ORDER_CANCELLED ORDER_LINES_CANCELLED "
    "CANCELLATION_REFUSED CHANGE_CONFIRMED CHANGE_REFUSED RETURN_APPROVED RETURN_DENIED RETURN_RECEIVED REFUND_RELEASED "
    "REFUND_FAILED_INTERNAL APPEASEMENT_RELEASED EXCHANGE_CREATED RESHIPMENT_CREATED CASE_OPENED INFORMATION_REQUESTED "
    "CASE_COMMENT CASE_RESOLVED CASE_REMINDER CASE_CLOSED), recipient s, language s, sales_channel s, order_id s?, "
    "case_id s?, test b=, resent_of s?, facts {s}",
}
STATES = {
    "cases.CaseChanged": "DRAFT NEW WORK_IN_PROGRESS AWAITING_INFO RESOLVED CLOSED CANCELLED",
    "cases.CaseLine": "DRAFT NEW WORK_IN_PROGRESS AWAITING_INFO RESOLVED_ACCEPTED RESOLVED_DENIED CANCELLED",
    "cases.TaskChanged": "OPEN DONE CANCELLED",
    "postsales.CancellationChanged": "REQUESTED ASKED_WAREHOUSE CONFIRMED PARTLY_CONFIRMED REFUSED TIMED_OUT",
    "postsales.ReturnChanged": "REQUESTED DENIED CANCELLED EXPIRED APPROVED PARTLY_RECEIVED RECEIVED SETTLED",
    "postsales.RefundChanged": "REQUESTED CANCELLED PENDING_RELEASE RELEASED PARTLY_RELEASED EXCEPTION RELEASED_OFFLINE REVERSED",
    "postsales.RefundLeg": "PLANNED SENT UNANSWERED CONFIRMED FAILED REVERSED REPLACED",
    "postsales.ExchangeChanged": "REQUESTED DENIED APPROVED WAITING_GOODS ORDER_CREATED SHIPPED COMPLETED CANCELLED CONVERTED_TO_REFUND OVERDUE",
    "postsales.ReshipmentChanged": "REQUESTED ORDER_CREATED SHIPPED COMPLETED CANCELLED",
}
ALL = {**NESTED, **RECORDS}
SHORT = {n.rpartition(".")[2]: n for n in ALL if n in NESTED}
PRIMITIVES = {
    "s": "string",
    "i": "int",
    "l": "long",
    "b": "boolean",
    "t": {"type": "long", "logicalType": "timestamp-micros"},
    "d": {"type": "int", "logicalType": "date"},
    "*": "string",
}
ZERO = {"s": "", "i": 0, "l": 0, "b": False}


def fields(record: str) -> list[tuple[str, str, bool, bool]]:
    """(name, type, optional, has default) of each field."""
    out = []
    for part in re.split(r",\s+(?![^(]*\))", ALL[record].strip().rstrip(",")):
        name, _, kind = part.strip().partition(" ")
        default, kind = kind.endswith("="), kind.rstrip("=")
        out.append((name, kind.rstrip("?"), kind.endswith("?"), default))
    return out


def avro(record: str, seen: set[str] | None = None) -> Any:
    """A self-contained Avro schema made from the table."""
    seen = set() if seen is None else seen
    if record in seen:
        return f"ordercase.{record}"
    seen.add(record)
    area = record.rpartition(".")[0]

    def of(kind: str) -> Any:
        if kind in PRIMITIVES:
            return PRIMITIVES[kind]
        if kind[0] in "[{":
            inner = of(kind[1:-1])
            return {"type": "array", "items": inner} if kind[0] == "[" else {"type": "map", "values": inner}
        if kind.startswith("e:"):
            name, _, symbols = kind[2:].rstrip(")").partition("(")
            full = f"ordercase.{area}.{name}"
            if full in seen:
                return full
            seen.add(full)
            return {"type": "enum", "name": full, "symbols": ["UNKNOWN", *symbols.split()], "default": "UNKNOWN"}
        return avro(SHORT[kind], seen)

    made = []
    for name, plain, optional, default in fields(record):
        kind = plain
        kind = f"e:{record.rpartition('.')[2]}State({STATES[record]})" if name == "state" and record in STATES else kind
        t = of(kind)
        f: dict[str, Any] = {"name": name, "doc": name, "type": ["null", t] if optional else t}
        if optional:
            f["default"] = None
        elif kind[0] in "[{":
            f["default"] = [] if kind[0] == "[" else {}
        elif kind.startswith("e:"):
            f["default"] = "UNKNOWN"
        elif default:
            f["default"] = ZERO[kind]
        made.append(f)
    return {"type": "record", "name": f"ordercase.{record}", "doc": record, "fields": made}


def differences(schemas) -> list[str]:
    """What the project's schemas have otherwise than the tables."""
    out: list[str] = []
    for record in RECORDS:
        full = f"ordercase.{record}"
        if full not in schemas.named:
            out.append(f"{record}: no schema")
            continue
        _compare(schemas, record, schemas.named[full], record, out, set())
    return out


def _compare(schemas, record: str, schema: dict, where: str, out: list[str], seen: set[str]) -> None:
    if record in seen:
        return
    seen.add(record)
    have = {f["name"]: f for f in schema.get("fields", [])}
    want = fields(record)
    if [n for n, *_ in want] != list(have):
        missing, extra = [n for n, *_ in want if n not in have], [n for n in have if n not in {w[0] for w in want}]
        if missing or extra or record.rpartition(".")[2] not in LOOSE:
            out.append(
                f"{where}: missing {missing}, extra {extra}" if missing or extra else f"{where}: other order of fields"
            )
    for name, kind, optional, _ in want:
        if name not in have:
            continue
        at, t, field = f"{where}.{name}", have[name]["type"], have[name]
        if isinstance(t, list):
            if not optional:
                out.append(f"{at}: optional, should not be")
            if "null" in t and ("default" not in field or field["default"] is not None):
                out.append(f"{at}: default is not null")
            t = next((x for x in t if x != "null"), t[0])
        elif optional:
            out.append(f"{at}: should be optional")
        states = STATES.get(record) if name == "state" else None
        if states:
            have_states = schemas.named.get(t, t) if isinstance(t, str) else t
            symbols = have_states.get("symbols", []) if isinstance(have_states, dict) else []
            if symbols[:1] != ["UNKNOWN"] or set(states.split()) - set(symbols):
                out.append(f"{at}: an enum with UNKNOWN first that lacks {sorted(set(states.split()) - set(symbols))}")
        _type(schemas, kind, t, at, out, seen)


def _type(schemas, kind: str, t: Any, at: str, out: list[str], seen: set[str]) -> None:
    t = schemas.named.get(t, t) if isinstance(t, str) else t
    name, logical = (t, "") if isinstance(t, str) else (t["type"], t.get("logicalType", ""))
    if kind == "*":
        if name not in ("enum", "string"):
            out.append(f"{at}: {name}, neither enum nor string")
    elif kind in PRIMITIVES:
        want = PRIMITIVES[kind]
        plain, need = (want, "") if isinstance(want, str) else (want["type"], want["logicalType"])
        if name != plain or (need and logical != need):
            out.append(f"{at}: {name} {logical}, not {plain} {need}".replace("  ", " "))
    elif kind[0] in "[{":
        if name != ("array" if kind[0] == "[" else "map"):
            out.append(f"{at}: {name}, not {'array' if kind[0] == '[' else 'map'}")
        else:
            _type(schemas, kind[1:-1], t.get("items", t.get("values")), at + "[]", out, seen)
    elif kind.startswith("e:"):
        symbols = kind.partition("(")[2].rstrip(")").split()
        if name != "enum":
            out.append(f"{at}: {name}, not enum")
        elif t["symbols"][0] != "UNKNOWN" or t.get("default") != "UNKNOWN" or set(symbols) - set(t["symbols"]):
            out.append(
                f"{at}: symbols {t['symbols']} (default {t.get('default')}) lack {sorted(set(symbols) - set(t['symbols']))} or UNKNOWN first and as default"
            )
    elif name != "record":
        out.append(f"{at}: {name}, not record")
    else:
        _compare(schemas, SHORT[kind], t, at, out, seen)
