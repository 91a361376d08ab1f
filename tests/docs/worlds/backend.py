"""A web server that is as well as a file says: it has the status to answer with, and 200 if there is none.

usage: backend.py ADDRESS PORT FILE
"""

import http.server
import pathlib
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        file = pathlib.Path(sys.argv[3])
        self.send_response(int(file.read_text()) if file.exists() else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_) -> None:
        """Says nothing: nobody reads it."""


http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
