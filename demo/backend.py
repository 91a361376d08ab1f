#!/usr/bin/env python3
"""A web server of the demo's small world: says where it is, and that it is well.

usage: backend.py ADDRESS PORT REGION
"""

import http.server
import sys


def main(address: str, port: str, region: str) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = "ok\n" if self.path == "/healthz" else f"Hello from {region} ({address}).\n"
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            """Says nothing: two probes a second would bury everything else."""

    http.server.ThreadingHTTPServer((address, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
