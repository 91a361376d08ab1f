#!/usr/bin/env python3
"""A TLS server for tests of health checks: tls_peer.py ADDRESS CERTIFICATE KEY MODE [CLIENT_CA].

Prints its port once it listens. MODE: well (answers 200 "all is well"), endless (a body without end), trickle (an octet
of the head every 10 ms), hang (accepts connections and says nothing). With CLIENT_CA only clients whose certificate it
signed are served.
"""
import http.server
import socket
import socketserver
import ssl
import sys
import time

HANDSHAKE_TIMEOUT_S = 5


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mode = "well"

    def do_GET(self):
        if self.mode == "trickle":
            self.trickle()
            return
        self.send_response(200)
        if self.mode == "well":
            body = b"all is well at " + self.headers["Host"].encode()
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.mode == "well":
            self.wfile.write(body)
        while self.mode == "endless":
            self.wfile.write(b"x" * 65536)

    def trickle(self):
        while True:
            self.wfile.write(b"H")
            self.wfile.flush()
            time.sleep(0.01)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    context = None

    def finish_request(self, request, client_address):
        request.settimeout(HANDSHAKE_TIMEOUT_S)
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_):
        pass


def hang(address):
    listener = socket.create_server((address, 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    held = []
    while True:
        held.append(listener.accept())


def main():
    address, certificate, key, mode, *client_ca = sys.argv[1:]
    if mode == "hang":
        hang(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca[0])
    Handler.mode = mode
    Server.context = context
    with Server((address, 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
