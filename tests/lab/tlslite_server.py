#!/usr/bin/env python3
"""A tlslite-ng server with everything old that it has: SSL 3.0 to TLS 1.3, RC4, 3DES, NULL, MD5.

It is strict: it refuses an address in SNI, and groups that end at TLS 1.2 in a TLS 1.3 hello.

    tlslite_server.py ADDRESS PORT CERT KEY
"""
import socketserver
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

address, port, cert, key = sys.argv[1:5]
chain = X509CertChain()
chain.parsePemList(open(cert).read())
private_key = parsePEMKey(open(key).read(), private=True)
settings = HandshakeSettings()
settings.minVersion, settings.maxVersion = (3, 0), (3, 4)
settings.versions = [(3, 4), (3, 3), (3, 2), (3, 1), (3, 0)]
settings.cipherNames = [
    "chacha20-poly1305", "aes256gcm", "aes128gcm", "aes256ccm", "aes128ccm", "aes256ccm_8", "aes128ccm_8",
    "aes256", "aes128", "3des", "rc4", "null",
]
settings.macNames = ["sha", "sha256", "sha384", "aead", "md5"]
settings.minKeySize = 512


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(10)
        connection = TLSConnection(self.request)
        try:
            connection.handshakeServer(certChain=chain, privateKey=private_key, settings=settings)
            connection.recv(4096)
            connection.send(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.close()
        except Exception:  # most of what a scanner asks for is refused, each refusal with an exception of its own
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256


Server((address, int(port)), Handler).serve_forever()
