import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings

from newsroom.core.edge import Edge, Limits

ROOT = Path(__file__).resolve().parents[3]


class Server:
    """A real server of its own process, for as long as the ``with`` lasts."""

    def __init__(self, **environment):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "django", "serve", f"--port={self.port}"],
            cwd=ROOT,
            env=os.environ
            | {
                "DATA_DIR": str(settings.DATA_DIR),
                "DJANGO_SETTINGS_MODULE": "tests.newsroom.core.edge_site",
                "PYTHONPATH": str(ROOT),
            }
            | environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self):
        for _ in range(300):
            with contextlib.suppress(OSError):
                self.connect().close()
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(self.said())

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.output.close()

    def said(self):
        self.output.seek(0)
        return self.output.read()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, method, path, body=None, headers=None, **options):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(client):
            client.request(method, path, body, headers or {}, **options)
            response = client.getresponse()
            return response, response.read()

    def say(self, words):
        """Send raw bytes, and return all that comes until the server closes."""
        with self.connect() as client:
            client.sendall(words)
            return b"".join(iter(lambda: client.recv(65536), b""))


def head(method, path, *lines):
    start = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    return (start + "".join(f"{line}\r\n" for line in lines)).encode()


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def hasty():
    """A server that waits one second for a body or a head."""
    with Server(BODY_DEADLINE="1", HEAD_DEADLINE="1") as running:
        yield running


@contextlib.contextmanager
def dripping(server, start, count=200):
    """Clients that send one byte a second, and the sockets they do it on."""
    clients = [server.connect() for _ in range(count)]
    stop = threading.Event()

    def drip():
        while not stop.wait(1):
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(b"x")

    for client in clients:
        client.sendall(start)
    dripper = threading.Thread(target=drip)
    dripper.start()
    try:
        yield clients
    finally:
        stop.set()
        dripper.join()
        for client in clients:
            client.close()


def is_open(client):
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(
            head("POST", "/measure/", "Content-Length: 1000", ""), id="bodies"
        ),
        pytest.param(head("GET", "/") + b"X-Slow: ", id="heads"),
    ],
)
def test_two_hundred_dripping_clients_leave_room_for_others(server, start):
    with dripping(server, start) as clients:
        time.sleep(1.5)

        answers = [server.ask("GET", "/") for _ in range(20)]

        assert all(is_open(client) for client in clients)
        assert [body for _response, body in answers] == [b"Hello"] * 20


def test_clients_that_do_not_read_leave_room_for_others(server):
    with contextlib.ExitStack() as stack:
        for path in ["/large/", "/file/"] * 3:
            client = stack.enter_context(server.connect())
            client.sendall(head("GET", path, ""))
        time.sleep(0.5)

        response, body = server.ask("GET", "/")

    assert (response.status, body) == (200, b"Hello")


def test_a_slow_body_is_refused_in_words(hasty):
    answer = hasty.say(head("POST", "/measure/", "Content-Length: 10", "") + b"x")

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    assert b"did not arrive in time" in answer


def test_an_upload_that_keeps_coming_may_take_longer(hasty):
    with hasty.connect() as client:
        client.sendall(head("POST", "/measure/", "Content-Length: 500000", ""))
        for _ in range(10):
            client.sendall(b"x" * 50_000)
            time.sleep(0.2)

        answer = client.recv(65536)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'{"size": 500000}' in answer


def test_a_head_that_does_not_come_is_cut(hasty):
    began = time.monotonic()

    answer = hasty.say(head("GET", "/") + b"X-Slow: ")

    assert answer == b""
    assert time.monotonic() - began < 8


def test_empty_lines_after_an_answer_do_not_keep_a_connection(hasty):
    with hasty.connect() as client:
        client.sendall(head("GET", "/", ""))
        client.recv(65536)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 10:
                client.sendall(b"\r\n")
                time.sleep(0.1)

    assert time.monotonic() - began < 8


def test_a_head_without_end_is_refused(server):
    with server.connect() as client:
        with contextlib.suppress(OSError):
            client.sendall(head("GET", "/"))
            for number in range(200):
                client.sendall(f"X-{number}: {'x' * 5000}\r\n".encode())
                time.sleep(0.001)
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(65536).startswith(b"HTTP/1.1 431 ")

    assert server.ask("GET", "/")[0].status == 200


def test_a_body_announced_too_large_is_refused_before_it_comes(server):
    answer = server.say(head("POST", "/measure/", "Content-Length: 2000000000", ""))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than this page takes" in answer


def test_a_client_that_sends_too_much_still_reads_why(server):
    response, body = server.ask("POST", "/measure/", b"x" * (4 << 20))

    assert response.status == 413
    assert b"larger than this page takes" in body


def test_pieces_are_counted_where_no_length_is_announced(server):
    def pieces(count):
        for _ in range(count):
            yield b"x" * (64 << 10)

    within, body = server.ask("POST", "/measure/", pieces(15), encode_chunked=True)
    beyond, _body = server.ask("POST", "/measure/", pieces(17), encode_chunked=True)

    assert (within.status, json.loads(body)) == (200, {"size": 15 << 16})
    assert beyond.status == 413


def test_the_admin_takes_larger_bodies(server):
    response, body = server.ask("POST", "/admin/measure/", b"x" * (3 << 20))

    assert (response.status, json.loads(body)) == (200, {"size": 3 << 20})


def test_ten_thousand_parts_are_refused(server):
    part = '--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nv\r\n'
    body = (part * 10_000 + "--b--\r\n").encode()

    response, _body = server.ask(
        "POST", "/fields/", body, {"Content-Type": "multipart/form-data; boundary=b"}
    )

    assert response.status == 400


def test_a_form_arrives_whole(server):
    response, body = server.ask(
        "POST",
        "/fields/",
        "a=1&b=2",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert (response.status, json.loads(body)) == (200, {"fields": 2})


def test_a_request_that_waits_too_long_for_a_thread_is_sent_away(server):
    busy = [threading.Thread(target=server.ask, args=("GET", "/slow/3/"))] * 1
    busy += [threading.Thread(target=server.ask, args=("GET", "/slow/3/"))]
    for thread in busy:
        thread.start()
    time.sleep(0.3)

    response, body = server.ask("GET", "/")

    for thread in busy:
        thread.join()
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert b"try again" in body
    assert server.ask("GET", "/")[0].status == 200


def test_no_more_requests_wait_for_a_thread_than_the_limit():
    release = threading.Event()

    def wsgi(environ, start_response):
        release.wait(20)
        start_response("200 OK", [])
        return [b"Done"]

    async def ask(edge):
        statuses = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            statuses.append(message.get("status"))

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [],
        }
        await edge(scope, receive, send)
        return statuses[0]

    async def crowd():
        limits = Limits(threads=1, waiting=2)
        edge = Edge(wsgi, limits=limits, trusted_proxies=[])
        requests = [asyncio.create_task(ask(edge)) for _ in range(5)]
        await asyncio.sleep(0.2)
        release.set()
        return await asyncio.gather(*requests)

    assert asyncio.run(crowd()) == [200, 200, 200, 503, 503]


def test_a_stream_and_a_file_arrive_whole(server):
    _response, lines = server.ask("GET", "/stream/")
    response, data = server.ask("GET", "/file/")

    assert lines == b"line 0\nline 1\nline 2\nline 3\nline 4\n"
    assert len(data) == int(response.headers["Content-Length"]) == 20 << 20


def test_a_head_request_gets_the_length_and_no_body(server):
    response, body = server.ask("HEAD", "/file/")

    assert (response.status, body) == (200, b"")
    assert response.headers["Content-Length"] == str(20 << 20)


def test_a_proxys_word_is_taken_from_trusted_proxies_only(server):
    headers = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X_Forwarded_Proto": "https",
    }

    untrusted = json.loads(server.ask("GET", "/seen/", headers=headers)[1])
    with Server(TRUSTED_PROXIES="127.0.0.1") as behind_proxy:
        trusted = json.loads(behind_proxy.ask("GET", "/seen/", headers=headers)[1])

    assert untrusted["address"] == "127.0.0.1"
    assert untrusted["scheme"] == "http"
    assert not [name for name in untrusted["headers"] if "Forwarded" in name]
    assert trusted["address"] == "192.0.2.7"
    assert trusted["scheme"] == "https"


def test_a_query_in_raw_bytes_is_refused(server):
    answer = server.say(b"GET /seen/?q=\xd1\x8f HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_foreign_host_is_refused(server):
    response, _body = server.ask("GET", "/", headers={"Host": "evil.example"})

    assert response.status == 400


def test_a_client_that_leaves_harms_nobody(server):
    for path in ["/slow/1/", "/file/", "/stream/"] * 5:
        with server.connect() as client:
            client.sendall(head("GET", path, ""))

    time.sleep(1.5)

    assert server.ask("GET", "/")[0].status == 200


def test_the_output_names_no_reader_and_no_search_word(server):
    server.ask("GET", "/seen/?q=canary")

    said = server.said()
    assert "canary" not in said
    assert "seen" not in said


def test_a_running_request_finishes_when_the_server_is_told_to_end():
    upload = head("POST", "/measure/", "Content-Length: 1000", "")
    answers = []
    with Server() as server, dripping(server, upload, 20), server.connect() as idle:
        idle.sendall(head("GET", "/", ""))
        idle.recv(65536)
        asking = threading.Thread(
            target=lambda: answers.append(server.ask("GET", "/slow/2/"))
        )
        asking.start()
        time.sleep(0.5)

        server.process.send_signal(signal.SIGTERM)

        server.process.wait(10)
        asking.join()

    assert [body for _response, body in answers] == [b"Done"]


def test_a_request_without_end_does_not_hold_up_the_end():
    with Server() as server, server.connect() as client:
        client.sendall(head("GET", "/slow/600/", ""))
        time.sleep(0.5)

        server.process.send_signal(signal.SIGTERM)

        server.process.wait(10)
