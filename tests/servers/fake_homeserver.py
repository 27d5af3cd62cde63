"""A server that answers /_matrix/client/versions, or misbehaves as its settings say.

Usage: fake_homeserver.py SETTINGS, a JSON file with `port` and `behaviour`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer

settings = json.load(open(sys.argv[1]))
behaviour = settings["behaviour"]
asked = 0

if behaviour == "dies":
    print("first line", flush=True)
    print("cannot open the database: no such folder", file=sys.stderr, flush=True)
    sys.exit(3)
if behaviour == "port-taken" and not os.path.exists(settings["seen"]):
    open(settings["seen"], "w").close()
    print("[Errno 98] Address already in use", file=sys.stderr, flush=True)
    sys.exit(1)
if behaviour == "hangs":
    print("thinking", flush=True)
    time.sleep(600)
if behaviour == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open("child.pid", "w") as file:
        file.write(str(child.pid))
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += 1
        ready = behaviour != "late" or asked > 1
        body = json.dumps({"versions": ["v1.11"], "greeting": os.environ.get("GREETING")}).encode()
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Not `HTTPServer`, which looks up the host's name first.
server = TCPServer(("127.0.0.1", settings["port"]), Handler)
if behaviour != "silent":
    print("listening", flush=True)
server.serve_forever()
