#!/usr/bin/env python3
"""What a server takes, found the slow and sure way: one connection for each version and code point of code_points.txt.

    truth.py --host 127.0.0.1 --port 8401 [--postgresql] [--rate N]

It shares no code with verifull, so that the two can be held against each other. The answer is JSON:

    {"versions": {"TLSv1.2": {"offered": true, "cipher_suites": ["0xC02B"], "server_order": ["0xC02B"] or null,
                              "chacha_if_client_prefers_it": false or null}},
     "groups": {"TLSv1.3": ["0x001D"], "TLSv1.2": ["0x001D"]}, "connections": 1500, "unclear": []}

`cipher_suites` are in the order of their numbers. `server_order` is the order of the server's own taste, null when the client's
order counts or there is nothing to order; with `chacha_if_client_prefers_it` it makes one exception, for clients that put
ChaCha20 first: OpenSSL on demand, and Go. `unclear` lists what got no answer: with anything in it the rest is not the truth.
Groups are those of elliptic curves for TLS 1.2, all for TLS 1.3; which DH parameters a server uses up to TLS 1.2 is not asked.
No handshake is finished: TLS 1.3 is asked without a key share, which makes the server name suite and group in a HelloRetryRequest,
and older ones are left after the first flight.
"""
import argparse
import asyncio
import json
import os
import pathlib
import struct
import sys
import time

VERSIONS = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
TLS12, TLS13 = VERSIONS["TLSv1.2"], VERSIONS["TLSv1.3"]
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
SIGNATURE_SCHEMES = [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080A, 0x080B, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0402,
    0x0302, 0x0203, 0x0201, 0x0202, 0x0101, 0x0303, 0x0301, 0x0904, 0x0905, 0x0906,
]
ALERT, HANDSHAKE = 21, 22
SERVER_HELLO, SERVER_KEY_EXCHANGE, SERVER_HELLO_DONE = 2, 12, 14
SUPPORTED_GROUPS, POINT_FORMATS, SIGNATURES, ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET = 10, 11, 13, 22, 23
SUPPORTED_VERSIONS, KEY_SHARE, RENEGOTIATION_INFO = 43, 51, 0xFF01
SECONDS_TO_ANSWER = 10


class CodePoints:
    def __init__(self, file):
        lines = [line.split() for line in file.read_text().splitlines() if not line.startswith("#")]
        rows = [(kind, int(code, 16), name, versions) for kind, code, name, versions in lines]

        def pick(kind, version):
            return [code for row_kind, code, _, versions in rows if row_kind == kind and versions in (version, "both")]
        self.suites = {"1.2": pick("suite", "1.2"), "1.3": pick("suite", "1.3")}
        # A hello for TLS 1.3 must not list groups that end at 1.2: strict servers refuse it.
        self.groups = {"1.2": pick("group", "1.2"), "1.3": pick("group", "1.3")}
        self.chacha = {code for kind, code, name, _ in rows if kind == "suite" and "CHACHA20" in name}
        self.elliptic = [code for kind, code, name, _ in rows if kind == "suite" and "ECDHE" in name]


def vector(length_bytes, content):
    return len(content).to_bytes(length_bytes, "big") + content


def numbers(values):
    return vector(2, b"".join(struct.pack(">H", value) for value in values))


def extension(kind, content):
    return struct.pack(">H", kind) + vector(2, content)


def client_hello(version, suites, groups):
    extensions = b""
    if version > VERSIONS["SSLv3"]:
        extensions = (extension(SUPPORTED_GROUPS, numbers(groups)) + extension(POINT_FORMATS, b"\x03\x00\x01\x02")
                      + extension(RENEGOTIATION_INFO, b"\x00") + extension(EXTENDED_MASTER_SECRET, b"")
                      + extension(ENCRYPT_THEN_MAC, b""))
        if version >= TLS12:
            extensions += extension(SIGNATURES, numbers(SIGNATURE_SCHEMES))
        if version == TLS13:
            extensions += extension(SUPPORTED_VERSIONS, b"\x02\x03\x04") + extension(KEY_SHARE, b"\x00\x00")
        extensions = vector(2, extensions)
    # A session id makes a TLS 1.3 hello look like a resumption of old: some middleboxes want it.
    session = os.urandom(32) if version == TLS13 else b""
    body = (struct.pack(">H", min(version, TLS12)) + os.urandom(32) + vector(1, session) + numbers(suites) + b"\x01\x00" + extensions)
    record_version = min(version, VERSIONS["TLSv1"])
    return struct.pack(">BH", HANDSHAKE, record_version) + vector(2, b"\x01" + vector(3, body))


def read_server_hello(message):
    """Version, suite, and group if it names one."""
    version = int.from_bytes(message[:2], "big")
    rest = message[35 + message[34]:]
    suite, rest, group = int.from_bytes(rest[:2], "big"), rest[5:], None
    while len(rest) >= 4:
        kind, length = struct.unpack(">HH", rest[:4])
        content, rest = rest[4:4 + length], rest[4 + length:]
        if kind == SUPPORTED_VERSIONS:
            version = int.from_bytes(content, "big")
        elif kind == KEY_SHARE:
            group = int.from_bytes(content[:2], "big")
    return version, suite, group


class Answer:
    """What came back: a ServerHello, or else how it was refused."""

    def __init__(self, version=None, suite=None, group=None, refusal=None):
        self.version, self.suite, self.group, self.refusal = version, suite, group, refusal


class Server:
    def __init__(self, host, port, postgresql, rate):
        self.host, self.port, self.postgresql, self.rate = host, port, postgresql, rate
        self.connections, self.unclear = 0, []
        self.at_once = asyncio.Semaphore(4)
        self.next_start = 0.0

    async def turn(self):
        if self.rate:
            start = max(time.monotonic(), self.next_start)
            self.next_start = start + 1 / self.rate
            await asyncio.sleep(max(0.0, start - time.monotonic()))

    async def ask(self, what, hello, read):
        """A silence, or a connection that could not be had, is tried again: only an answer, an alert or a hang-up says something."""
        for wait in (0.2, 1, 3):
            async with self.at_once:
                await self.turn()
                self.connections += 1
                try:
                    return await asyncio.wait_for(self.exchange(hello, read), SECONDS_TO_ANSWER)
                except (asyncio.IncompleteReadError, ConnectionResetError, BrokenPipeError):
                    return Answer(refusal="hang-up")
                except (OSError, asyncio.TimeoutError) as error:
                    problem = f"{what}: {error!r}"
            await asyncio.sleep(wait)
        self.unclear.append(problem)
        return Answer(refusal="nothing")

    async def exchange(self, hello, read):
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            if self.postgresql:
                writer.write(SSL_REQUEST)
                if await reader.readexactly(1) != b"S":
                    raise OSError("TLS is not offered")
            writer.write(hello)
            return await read(reader)
        finally:
            writer.transport.abort()

    async def tls(self, version, suites, groups, whole_flight=False):
        async def read(reader):
            return await read_flight(reader, whole_flight)
        what = f"{version:#06x} {','.join(f'{suite:04X}' for suite in suites[:3])} {groups[:3]}"
        answer = await self.ask(what, client_hello(version, suites, groups), read)
        if answer.suite is not None and (answer.version != version or answer.suite not in suites):
            return Answer(refusal="another version or suite")
        return answer


async def read_flight(reader, whole):
    pending, answer = b"", None
    while True:
        kind, _, length = struct.unpack(">BHH", await reader.readexactly(5))
        content = await reader.readexactly(length)
        if kind != HANDSHAKE:
            return answer or Answer(refusal=f"alert {content[1]}" if kind == ALERT and len(content) == 2 else f"record {kind}")
        pending += content
        while len(pending) >= 4 and len(pending) >= 4 + int.from_bytes(pending[1:4], "big"):
            end = 4 + int.from_bytes(pending[1:4], "big")
            message_kind, message, pending = pending[0], pending[4:end], pending[end:]
            if message_kind == SERVER_HELLO:
                answer = Answer(*read_server_hello(message))
                if not whole or answer.version == TLS13:
                    return answer
            elif message_kind == SERVER_KEY_EXCHANGE and answer and message[0] == 3:
                answer.group = int.from_bytes(message[1:3], "big")
            elif message_kind == SERVER_HELLO_DONE:
                return answer


async def ssl2(server):
    """SSL 2.0 names all its suites in one answer."""
    kinds = ("010080", "020080", "030080", "040080", "050080", "060040", "0700c0")
    body = b"\x01\x00\x02" + struct.pack(">HHH", 3 * len(kinds), 0, 16) + bytes.fromhex("".join(kinds)) + os.urandom(16)
    hello = struct.pack(">H", 0x8000 | len(body)) + body

    async def read(reader):
        header = await reader.readexactly(2)
        if not header[0] & 0x80:
            return Answer(refusal="not SSL 2.0")
        message = await reader.readexactly(int.from_bytes(header, "big") & 0x7FFF)
        if message[0] != 4:
            return Answer(refusal="not a ServerHello")
        certificate, suites = struct.unpack(">HH", message[5:9])
        listed = message[11 + certificate:11 + certificate + suites]
        return Answer(version=2, suite=[f"0x{listed[i:i + 3].hex().upper()}" for i in range(0, len(listed), 3)])
    answer = await server.ask("SSL 2.0", hello, read)
    return {"offered": answer.version == 2, "cipher_suites": sorted(answer.suite or []), "server_order": None,
            "chacha_if_client_prefers_it": None}


async def order(server, version, suites, groups, chacha):
    """The list forward and backward: the same answer means the server's taste; then one suite less each time.

    ChaCha20 stays behind the others in both lists, since at the head it can change the server's mind.
    """
    if len(suites) < 2:
        return None, None
    plain, others = [suite for suite in suites if suite not in chacha], [suite for suite in suites if suite in chacha]
    forward = await server.tls(version, plain + others, groups)
    reverse = plain[::-1] + others[::-1] if len(plain) > 1 else others[::-1] + plain
    backward = await server.tls(version, reverse, groups)
    if forward.suite is None or forward.suite != backward.suite:
        return None, None
    chosen, left = [], plain + others
    while left:
        answer = await server.tls(version, left, groups)
        if answer.suite is None:
            server.unclear.append(f"order of {version:#06x} stops after {len(chosen)} of {len(suites)} suites: {answer.refusal}")
            return None, None
        chosen.append(answer.suite)
        left.remove(answer.suite)
    exception = None
    if others and plain and chosen[0] not in chacha:
        exception = (await server.tls(version, others + plain, groups)).suite in chacha
    return chosen, exception


async def scan(server, points):
    result = {"SSLv2": await ssl2(server)}
    for name, version in VERSIONS.items():
        era = "1.3" if version == TLS13 else "1.2"
        groups = points.groups[era]
        asked = points.suites[era]
        answers = await asyncio.gather(*(server.tls(version, [suite], groups) for suite in asked))
        suites = [suite for suite, answer in zip(asked, answers) if answer.suite == suite]
        preference, exception = await order(server, version, suites, groups, points.chacha)
        result[name] = {"offered": bool(suites), "cipher_suites": codes(suites),
                        "server_order": preference and codes(preference), "chacha_if_client_prefers_it": exception}
    groups = {"TLSv1.3": [], "TLSv1.2": []}
    if result["TLSv1.3"]["offered"]:
        suites = [int(code, 16) for code in result["TLSv1.3"]["cipher_suites"]]
        answers = await asyncio.gather(*(server.tls(TLS13, suites, [group]) for group in points.groups["1.3"]))
        groups["TLSv1.3"] = [group for group, answer in zip(points.groups["1.3"], answers) if answer.group == group]
    if result["TLSv1.2"]["offered"]:
        elliptic = [suite for suite in points.elliptic if f"0x{suite:04X}" in result["TLSv1.2"]["cipher_suites"]]
        taken = await asyncio.gather(*(takes_curve(server, elliptic, group) for group in points.groups["1.2"])) if elliptic else []
        groups["TLSv1.2"] = [group for group, yes in zip(points.groups["1.2"], taken) if yes]
    return {"versions": result, "groups": {name: codes(found) for name, found in groups.items()}}


async def takes_curve(server, suites, group):
    # Some servers use their ECDSA certificate only for a client that lists its curve: so once more with the usual two behind.
    for groups in ([group], [group, 0x0017, 0x0018]):
        if (await server.tls(TLS12, suites, groups, whole_flight=True)).group == group:
            return True
    return False


def codes(values):
    return [f"0x{value:04X}" for value in values]


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--postgresql", action="store_true", help="ask for TLS with an SSLRequest first")
    parser.add_argument("--rate", type=float, help="no more than so many connections a second")
    options = parser.parse_args()
    server = Server(options.host, options.port, options.postgresql, options.rate)
    result = await scan(server, CodePoints(pathlib.Path(__file__).with_name("code_points.txt")))
    print(json.dumps({"target": f"{options.host}:{options.port}", **result, "connections": server.connections,
                      "unclear": server.unclear}))
    if server.unclear:
        sys.exit(f"not the whole truth: {server.unclear[:3]}")


asyncio.run(main())
