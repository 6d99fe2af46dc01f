"""A stand-in for Stripe's API on this machine: its documented answers, and its faults.

It holds what an account holds, and hands out the events that Stripe would post.
"""

import json
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.data import stripe_objects as objects
from tests.data.stripe_objects import Object


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_who: object) -> None:
        """Who was killed in the middle of a question hangs up."""


class Peer:
    """``with Peer() as peer:``; its address is ``peer.base``."""

    def __init__(self) -> None:
        self.sessions: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}  # by payment intent
        self.fees: dict[str, Object] = {}  # by charge
        self.refunds: list[Object] = []
        self.invoices: dict[str, Object] = {}
        self.invoice_payments: list[Object] = []
        self.subscriptions: dict[str, Object] = {}
        # Events of what the API itself was asked to do.
        self.outbox: list[Object] = []
        # Every request: verb, path, parameters, headers.
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        self.by_key: dict[str, Object] = {}
        # How many of the next requests fail, and with what status; 0 cuts the line.
        self.failures: list[int] = []
        self.page_size = 100
        self.lock = threading.Lock()
        self.server = _Server(("127.0.0.1", 0), _handler(self))

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Peer":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def count(self, verb: str, path: str) -> int:
        return Counter((one[0], one[1]) for one in self.asked)[verb, path]

    def parameters(self, verb: str, path: str) -> dict[str, str]:
        """Of the last such request."""
        return [one[2] for one in self.asked if one[:2] == (verb, path)][-1]

    # --- What payers and time do ------------------------------------------------

    def pay(
        self, metadata: Object, *, amount: int = 2500, fee: int = 103, **values: Any
    ) -> list[Object]:
        """A single payment: the events of it."""
        country = values.pop("country", "DE")
        values.setdefault("currency", "usd")
        made = objects.charge(
            amount=amount,
            metadata=metadata,
            payment_method_details=objects.card(country),
            **values,
        )
        self._keep(made, fee)
        session = objects.session(
            amount_total=amount,
            currency=made["currency"],
            metadata=metadata,
            payment_intent=made["payment_intent"],
        )
        return [
            objects.event("checkout.session.completed", session),
            objects.event("charge.succeeded", made),
            objects.event("charge.updated", made),
        ]

    def subscribe(self, metadata: Object, *, amount: int = 500) -> list[Object]:
        made = objects.subscription(metadata)
        made["items"]["data"][0]["price"]["unit_amount"] = amount
        self.subscriptions[made["id"]] = made
        session = objects.session(
            amount_total=amount,
            customer=made["customer"],
            metadata=metadata,
            mode="subscription",
            subscription=made["id"],
        )
        return [
            objects.event("checkout.session.completed", session),
            objects.event("customer.subscription.created", made),
            *self.renew(made["id"], reason="subscription_create"),
        ]

    def renew(
        self, subscription: str, *, reason: str = "subscription_cycle"
    ) -> list[Object]:
        of = self.subscriptions[subscription]
        amount = of["items"]["data"][0]["price"]["unit_amount"]
        # Payments of a subscription carry none of its metadata.
        made = objects.charge(amount=amount, customer=of["customer"])
        self._keep(made, 45)
        bill = objects.invoice(
            of["metadata"],
            subscription,
            amount_due=amount,
            amount_paid=amount,
            billing_reason=reason,
        )
        self.invoices[bill["id"]] = bill
        paid = objects.invoice_payment(bill, made["payment_intent"])
        self.invoice_payments.append(paid)
        return [
            objects.event("charge.succeeded", made),
            objects.event("invoice.paid", bill),
        ]

    def give_back(self, intent: str, amount: int, **values: Any) -> list[Object]:
        made = objects.refund(payment_intent=intent, amount=amount, **values)
        self.refunds.append(made)
        self.charges[intent]["amount_refunded"] += amount
        return [
            objects.event("refund.created", made),
            objects.event("charge.refunded", self.charges[intent]),
            objects.event("refund.updated", made),
        ]

    def _keep(self, charge: Object, fee: int) -> None:
        self.charges[charge["payment_intent"]] = charge
        self.fees[charge["id"]] = objects.balance_transaction(
            amount=charge["amount"], currency=charge["currency"], fee=fee
        )

    # --- What the API answers ----------------------------------------------------

    def answer(self, verb: str, path: str, said: dict[str, str]) -> Object | None:
        for wanted, pattern, reply in _ROUTES:
            if wanted == verb and (found := re.fullmatch(pattern, path)):
                with self.lock:
                    return reply(self, said, *found.groups())
        return None


def _create_session(peer: Peer, said: dict[str, str]) -> Object:
    made = objects.session(
        mode=said["mode"], status="open", payment_status="unpaid", url=""
    )
    made["url"] = f"{peer.base}/pay/{made['id']}"
    peer.sessions[made["id"]] = made
    return made


def _session(peer: Peer, _said: dict[str, str], number: str) -> Object | None:
    return peer.sessions.get(number)


def _expire(peer: Peer, _said: dict[str, str], number: str) -> Object | None:
    session = peer.sessions.get(number)
    if session is None or session["status"] != "open":
        return None
    session["status"] = "expired"
    return session


def _create_product(_peer: Peer, said: dict[str, str]) -> Object:
    return {"id": objects.number("prod"), "object": "product", "name": said["name"]}


def _intent(peer: Peer, _said: dict[str, str], number: str) -> Object | None:
    charge = peer.charges.get(number)
    if charge is None:
        return None
    expanded = charge | {"balance_transaction": peer.fees[charge["id"]]}
    return {
        "id": number,
        "object": "payment_intent",
        "metadata": charge["metadata"],
        "latest_charge": expanded,
        "status": "succeeded",
    }


def _invoice_payments(peer: Peer, said: dict[str, str]) -> Object:
    intent = said.get("payment[payment_intent]")
    found = [
        paid | {"invoice": peer.invoices[paid["invoice"]]}
        if "data.invoice" in said.values()
        else paid
        for paid in peer.invoice_payments
        if intent in (None, paid["payment"]["payment_intent"])
        and said.get("invoice") in (None, paid["invoice"])
    ]
    return _page(peer, found, said, "/v1/invoice_payments")


def _charges(peer: Peer, said: dict[str, str]) -> Object:
    return _page(peer, list(peer.charges.values()), said, "/v1/charges")


def _page(peer: Peer, found: list[Object], said: dict[str, str], url: str) -> Object:
    begins = 0
    if after := said.get("starting_after"):
        begins = [one["id"] for one in found].index(after) + 1
    page = found[begins : begins + peer.page_size]
    return objects.listed(page, url, has_more=begins + len(page) < len(found))


def _refunds(peer: Peer, said: dict[str, str]) -> Object:
    intent = said["payment_intent"]
    found = [one for one in peer.refunds if one["payment_intent"] == intent]
    return objects.listed(found, "/v1/refunds")


def _create_refund(peer: Peer, said: dict[str, str]) -> Object | None:
    intent, amount = said["payment_intent"], int(said["amount"])
    charge = peer.charges.get(intent)
    if charge is None or charge["amount_refunded"] + amount > charge["amount"]:
        return None
    metadata = {"order": said["metadata[order]"]}
    peer.outbox += peer.give_back(intent, amount, metadata=metadata)
    return peer.refunds[-1]


def _subscription(peer: Peer, _said: dict[str, str], number: str) -> Object | None:
    return peer.subscriptions.get(number)


def _change(peer: Peer, said: dict[str, str], number: str) -> Object | None:
    known = peer.subscriptions.get(number)
    if known is None:
        return None
    if amount := said.get("items[0][price_data][unit_amount]"):
        known["items"]["data"][0]["price"]["unit_amount"] = int(amount)
    if "pause_collection" in said:
        known["pause_collection"] = None
    if until := said.get("pause_collection[resumes_at]"):
        known["pause_collection"] = {"behavior": "void", "resumes_at": int(until)}
    return known


def _cancel(peer: Peer, _said: dict[str, str], number: str) -> Object | None:
    known = peer.subscriptions.get(number)
    if known is None or known["status"] == "canceled":
        return None
    known["status"] = "canceled"
    return known


def _portal(_peer: Peer, _said: dict[str, str]) -> Object:
    number = objects.number("bps")
    return {
        "id": number,
        "object": "billing_portal.session",
        "url": f"https://billing.stripe.example/{number}",
    }


_ROUTES: list[tuple[str, str, Any]] = [
    ("POST", r"/v1/checkout/sessions", _create_session),
    ("GET", r"/v1/checkout/sessions/([^/]+)", _session),
    ("POST", r"/v1/checkout/sessions/([^/]+)/expire", _expire),
    ("POST", r"/v1/products", _create_product),
    ("GET", r"/v1/payment_intents/([^/]+)", _intent),
    ("GET", r"/v1/invoice_payments", _invoice_payments),
    ("GET", r"/v1/charges", _charges),
    ("GET", r"/v1/refunds", _refunds),
    ("POST", r"/v1/refunds", _create_refund),
    ("GET", r"/v1/subscriptions/([^/]+)", _subscription),
    ("POST", r"/v1/subscriptions/([^/]+)", _change),
    ("DELETE", r"/v1/subscriptions/([^/]+)", _cancel),
    ("POST", r"/v1/billing_portal/sessions", _portal),
]


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            typed = self.rfile.read(length).decode() or parts.query
            said = dict(parse_qsl(typed, keep_blank_values=True))
            peer.asked.append((self.command, parts.path, said, dict(self.headers)))
            if peer.failures:
                self._fail(peer.failures.pop(0))
                return
            key = self.headers.get("Idempotency-Key", "")
            known = peer.by_key.get(key) if self.command == "POST" else None
            told = known or peer.answer(self.command, parts.path, said)
            if told is None:
                error = {"type": "invalid_request_error", "code": "resource_missing"}
                self._say(404, {"error": error | {"message": "No such thing: Ada"}})
                return
            if key and self.command == "POST":
                peer.by_key[key] = told
            self._say(200, told)

        do_GET = do_POST = do_DELETE = _take

        def _fail(self, status: int) -> None:
            if status == 0:
                self.close_connection = True
                return
            error = {"type": "api_error", "message": "payer@reader.example"}
            self._say(status, {"error": error})

        def _say(self, status: int, told: Object) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", f"req_{time.monotonic_ns()}")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler
