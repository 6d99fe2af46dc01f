"""A mail server for measurements and tests: keeps nothing but who got which mail.

It can be as rude as real ones: cut the line when it has a mail, put mails off, send
connections away. It runs in a thread, or by ``python -m benchmarks.sink`` alone.
"""

import argparse
import asyncio
import contextlib
import hashlib
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Manners:
    """How the server behaves; shares are between 0 and 1."""

    pipelining: bool = True
    cuts: float = 0.0  # of the mails: the line is cut after the text
    # Of those that are cut: how many were taken all the same.
    taken_when_cut: float = 0.5
    put_off: float = 0.0  # of the recipients: answered 451
    most_mails: int = 0  # of a connection; then it is sent away with 421
    refused: dict[str, str] = field(default_factory=dict)  # recipient: answer
    refuses_sender: str = ""
    refuses_text: str = ""
    seconds: float = 0.0  # until a text is answered


class Sink:
    def __init__(self, manners: Manners | None = None, journal: Path | None = None):
        self.manners = manners or Manners()
        self.taken: list[tuple[str, str]] = []  # Message-ID, hash of the recipient
        self.texts: list[bytes] = []
        self.cuts = 0
        self.connections = 0
        self.port = 0
        self.keeps_texts = False
        self._journal = journal.open("a", buffering=1) if journal else None
        self._random = random.Random(7)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Sink":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self.serve(0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        talks = asyncio.all_tasks(self._loop)
        for talk in talks:
            talk.cancel()
        self._loop.run_until_complete(asyncio.gather(*talks, return_exceptions=True))
        self._loop.close()

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(
            self._talk, "127.0.0.1", port, limit=1 << 20, backlog=200
        )

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        manners = self.manners
        say = writer.write
        say(b"220 sink\r\n")
        mails, recipient = 0, ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-sink\r\n")
                if manners.pipelining:
                    say(b"250-PIPELINING\r\n")
                say(b"250 ENHANCEDSTATUSCODES\r\n")
            elif verb == b"MAIL":
                recipient = ""
                if manners.most_mails and mails >= manners.most_mails:
                    say(b"421 4.7.0 come back later\r\n")
                    return
                if manners.refuses_sender:
                    say(manners.refuses_sender.encode() + b"\r\n")
                else:
                    say(b"250 2.1.0 ok\r\n")
            elif verb == b"RCPT":
                asked = line.decode().partition("<")[2].partition(">")[0]
                if asked in manners.refused:
                    say(manners.refused[asked].encode() + b"\r\n")
                elif self._random.random() < manners.put_off:
                    say(b"451 4.3.0 not now\r\n")
                else:
                    recipient = asked
                    say(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                if not recipient:
                    say(b"554 5.5.1 nobody to send to\r\n")
                    continue
                say(b"354 go on\r\n")
                text = await reader.readuntil(b"\r\n.\r\n")
                mails += 1
                if manners.seconds:
                    await asyncio.sleep(manners.seconds)
                if self._random.random() < manners.cuts:
                    self._count_cut()
                    if self._random.random() < manners.taken_when_cut:
                        self._take(text, recipient)
                    return
                if manners.refuses_text:
                    say(manners.refuses_text.encode() + b"\r\n")
                    continue
                self._take(text, recipient)
                say(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                say(b"221 2.0.0 bye\r\n")
                return
            else:
                say(b"250 2.0.0 ok\r\n")

    def _count_cut(self) -> None:
        self.cuts += 1
        if self._journal:
            self._journal.write("cut\n")

    def _take(self, text: bytes, recipient: str) -> None:
        begins = text.index(b"Message-ID: ") + 12
        message_id = text[begins : text.index(b"\r\n", begins)].decode()
        digest = hashlib.blake2b(recipient.encode(), digest_size=12).hexdigest()
        self.taken.append((message_id, digest))
        if self.keeps_texts:
            self.texts.append(text)
        if self._journal:
            self._journal.write(f"{message_id} {digest}\n")


@contextlib.contextmanager
def running(journal: Path, manners: list[str]) -> Iterator[tuple[int, psutil.Process]]:
    """As a process of its own: the port, and the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", str(journal), *manners],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield int(process.stdout.readline()), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journal", type=Path)
    parser.add_argument("--cuts", type=float, default=0.0)
    parser.add_argument("--put-off", type=float, default=0.0)
    parser.add_argument("--most-mails", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0)
    options = parser.parse_args()
    manners = Manners(
        cuts=options.cuts,
        put_off=options.put_off,
        most_mails=options.most_mails,
        seconds=options.seconds,
    )

    async def run() -> None:
        server = await Sink(manners, options.journal).serve(0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    main()
