"""Webhooks: signed, told again until they answer, given up in the end, and never a way into the network behind."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from marketplace import Place, running

from catallax.exchange import _courier as courier
from catallax.exchange import _webhooks as webhooks
from catallax.exchange._courier import signed
from catallax.exchange._reach import Unreachable, reachable, resolved


class Receiver:
    """Somebody's server: keeps what it is told, and answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], dict[str, Any], bytes]] = []
        self.statuses: list[int] = []
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                here.heard.append(
                    ({name.lower(): value for name, value in self.headers.items()}, json.loads(body), body)
                )
                status = here.statuses.pop(0) if here.statuses else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?key=of-the-owner"

    @property
    def kinds(self) -> list[str]:
        return [told["kind"] for _, told, _ in self.heard]

    @property
    def numbers(self) -> list[int]:
        return [told["id"] for _, told, _ in self.heard]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the test runs ahead without telling anybody."""
    monkeypatch.setattr(courier, "TICK", 0.05)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/exchange.db"


@pytest.fixture
def market(url: str) -> Iterator[Place]:
    with running(url, local_hooks=True) as place:
        place.sign_up("ann", "bob", "cid")
        yield place


def hooked(place: Place, receiver: Receiver, who: str = "bob", kinds: tuple[str, ...] = ()) -> dict[str, Any]:
    return place.ok(who, "POST", "/me/webhooks", {"url": receiver.url, "kinds": list(kinds)})


def until(place: Place, done: Callable[[], Any], seconds: float = 0.0) -> None:
    """Let time pass, and wait for the courier."""
    place.moment[0] += seconds
    for _ in range(2_000):
        if done():
            return
        place.moment[0] += 0.05
        time.sleep(0.01)
    raise AssertionError("it never happened")


def seen(place: Place, who: str = "bob") -> dict[str, Any]:
    (hook,) = place.ok(who, "GET", "/me/webhooks")["items"]
    return hook


def test_events_are_told_signed_and_to_those_who_may_know(market: Place, receiver: Receiver) -> None:
    hook = hooked(market, receiver)
    number, state = market.post("ann", seats=1)
    market.bid("bob", state, 2_000_000)
    market.until("ann", number, "working")
    until(market, lambda: len(receiver.heard) == 5)
    assert receiver.kinds == ["request.posted", "bid.placed", "purchase.made", "stage.sold", "stage.working"]
    headers, told, body = receiver.heard[0]
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    sealed = f"event_{told['id']}.{headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.new(key, sealed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}" and headers["webhook-id"] == f"event_{told['id']}"
    assert (headers["host"], headers["content-type"]) == (receiver.url.split("/")[2], "application/json")
    assert told == {**market.ok("bob", "GET", "/events")["items"][0]}
    assert "secret" not in seen(market) and hook["secret"] not in str(market.ok("bob", "GET", "/me/webhooks"))
    stranger = Receiver()
    hooked(market, stranger, "cid", ("purchase.made", "request.closed"))
    market.append("bob", "t", "sealed-canary", final=True)
    market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": None})
    until(market, lambda: stranger.heard)
    assert stranger.kinds == ["request.closed"]
    assert not any(b"sealed-canary" in body for _, _, body in receiver.heard + stranger.heard)
    stranger.server.shutdown()
    stranger.server.server_close()


def test_what_is_not_taken_is_told_again_in_order(market: Place, receiver: Receiver) -> None:
    hooked(market, receiver)
    receiver.statuses = [204, 500, 302]
    for _ in range(3):
        market.post("ann")
    until(market, lambda: len(receiver.heard) == 2)
    until(market, lambda: seen(market)["failures"] == 1)
    assert (seen(market)["failed"], seen(market)["after"]) == ("http-500", 1)
    until(market, lambda: len(receiver.heard) == 3, 5.0)
    until(market, lambda: seen(market)["failed"] == "http-302")
    until(market, lambda: len(receiver.heard) >= 5, 30.0)
    assert receiver.numbers[:5] == [1, 2, 2, 2, 3]  # no redirect was followed
    until(market, lambda: seen(market)["failures"] == 0)


def test_it_goes_on_after_a_restart_and_forgets_nothing(url: str, receiver: Receiver) -> None:
    moment = [1_000.0]
    with running(url, moment, local_hooks=True) as place:
        place.sign_up("ann", "bob")
        hooked(place, receiver)
        receiver.statuses = [500]
        place.post("ann")
        until(place, lambda: seen(place)["failures"] == 1)
        tokens = place.tokens
    with running(url, moment, local_hooks=True) as place:
        place.tokens = tokens
        place.post("ann")
        until(place, lambda: len(receiver.heard) == 3, 5.0)
    assert receiver.numbers == [1, 1, 2]


def test_one_that_is_dead_is_disabled_and_its_party_told(market: Place, receiver: Receiver) -> None:
    hook = hooked(market, receiver)
    receiver.server.shutdown()
    receiver.server.server_close()  # nobody listens
    market.post("ann")
    for failure, pause in enumerate(webhooks.PAUSES, 1):
        until(market, lambda failure=failure: seen(market)["failures"] == failure)
        market.moment[0] += pause
    until(market, lambda: seen(market)["status"] == "disabled")
    (told,) = [event for event in market.ok("bob", "GET", "/events")["items"] if event["kind"] == "webhook.disabled"]
    assert told["data"] == {"reason": "ConnectError"} and told["subject"] == f"webhook/{hook['id']}"
    assert "webhook.disabled" not in str(market.ok("cid", "GET", "/events"))
    market.ok("bob", "DELETE", f"/me/webhooks/{hook['id']}")
    assert market.ok("bob", "GET", "/me/webhooks")["items"] == []


def test_one_that_is_gone_is_not_tried_again(market: Place, receiver: Receiver) -> None:
    hooked(market, receiver)
    receiver.statuses = [410]
    market.post("ann")
    until(market, lambda: seen(market)["status"] == "disabled")
    assert len(receiver.heard) == 1


def test_one_that_never_answers_is_left(market: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        market.ok("bob", "POST", "/me/webhooks", {"url": address})
        market.post("ann")
        until(market, lambda: seen(market)["failed"] == "too-slow")


def test_a_webhook_is_its_owners_alone(market: Place, receiver: Receiver) -> None:
    hook = hooked(market, receiver)
    market.refused(404, "not-found", "cid", "DELETE", f"/me/webhooks/{hook['id']}")
    assert market.ok("cid", "GET", "/me/webhooks")["items"] == []
    body = {"url": receiver.url}
    again = market.ok("cid", "POST", "/me/webhooks", body, key="the-same-key")
    assert "secret" in again and "secret" not in market.ok("cid", "POST", "/me/webhooks", body, key="the-same-key")
    for _ in range(webhooks.MOST - 1):
        market.ok("cid", "POST", "/me/webhooks", body)
    market.refused(409, "too-many", "cid", "POST", "/me/webhooks", body)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://example.com/", "bad-address"),
        ("ftp://example.com/", "bad-address"),
        ("file:///etc/passwd", "bad-address"),
        ("https://", "bad-address"),
        ("https://user:word@example.com/", "bad-address"),
        ("https://example.com/#part", "bad-address"),
        ("https://example.com:99999/", "bad-address"),
        ("https://exa mple.com/", "bad-address"),
        ("https://example.com\\@127.0.0.1/", "bad-address"),
        ("https://bücher.example/", "bad-address"),
        ("https://localhost/", "private-address"),
        ("https://127.0.0.1/", "private-address"),
        ("https://10.1.2.3/", "private-address"),
        ("https://169.254.169.254/latest/meta-data", "private-address"),
        ("https://[::1]/", "private-address"),
        ("https://[::ffff:192.168.0.1]/", "private-address"),
        ("https://0.0.0.0/", "private-address"),
    ],
)
def test_addresses_that_are_not_called(place: Place, address: str, code: str) -> None:
    if "ann" not in place.tokens:
        place.sign_up("ann")
    refused = place.refused(422, code, "ann", "POST", "/me/webhooks", {"url": address})
    assert refused["field"] == "url" and "passwd" not in str(refused) and "169.254" not in str(refused)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_behind_are_out_of_reach(address: str) -> None:
    assert not reachable(ipaddress.ip_address(address))


def test_addresses_of_the_public_network_are_in_reach() -> None:
    assert all(
        reachable(ipaddress.ip_address(one)) for one in ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822")
    )


def test_a_name_that_stands_for_one_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def stands_for(*addresses: str) -> None:
        async def found(*_: Any, **__: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

        monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", found)

    stands_for("93.184.216.34")
    assert asyncio.run(resolved("example.com", 443, False)) == "93.184.216.34"
    for addresses in (("127.0.0.1",), ("93.184.216.34", "10.0.0.1"), ()):
        stands_for(*addresses)
        with pytest.raises(Unreachable, match="private-address"):
            asyncio.run(resolved("example.com", 443, False))
    stands_for("127.0.0.1")
    assert asyncio.run(resolved("example.com", 443, True)) == "127.0.0.1"


def test_a_name_that_changes_its_mind_is_not_called_inside(
    url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def found(loop: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", found)
    with running(url) as place:
        place.sign_up("ann", "bob")
        port = receiver.server.server_port
        place.ok("bob", "POST", "/me/webhooks", {"url": f"https://inside.example:{port}/"})
        place.post("ann")
        until(place, lambda: seen(place)["failed"] == "private-address")
    assert "inside.example" in asked and receiver.heard == []


def test_a_signature_is_that_of_the_standard() -> None:
    # the example of Standard Webhooks 1.0
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_certificate_is_that_of_the_name(
    url: str, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hook.example -addext subjectAltName=DNS:hook.example"
    files = ["-keyout", f"{tmp_path}/key.pem", "-out", f"{tmp_path}/cert.pem"]
    subprocess.run(["openssl", *made.split(), *files], check=True, capture_output=True)
    identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    receiver.server.socket = identity.wrap_socket(receiver.server.socket, server_side=True)
    trust = ssl.create_default_context(cafile=f"{tmp_path}/cert.pem")
    monkeypatch.setattr(courier.httpx, "create_ssl_context", lambda **_: trust)

    async def found(loop: Any, host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", found)
    with running(url, local_hooks=True) as place:
        place.sign_up("ann", "bob", "cid")
        for who, host in (("bob", "hook.example"), ("cid", "other.example")):
            place.ok(who, "POST", "/me/webhooks", {"url": f"https://{host}:{receiver.server.server_port}/"})
        place.post("ann")
        until(place, lambda: receiver.heard and seen(place, "cid")["failed"] == "ConnectError")
    assert [headers["host"].split(":")[0] for headers, _, _ in receiver.heard] == ["hook.example"]
