"""
Runs commands of the SOAR packs in one Python: reads a JSON object a line, answers with one. The first line names the pack's files; each other is a
command of its platform. No address but the given one can be connected to; sleeping takes no time and is told.
"""
import builtins
import dis
import importlib
import json
import socket
import sys
import time
import types
from urllib.parse import urlsplit

setup = json.loads(sys.stdin.readline())
sys.dont_write_bytecode = True
sys.path[:0] = [*setup["path"]]

state = {"clock": 0.0, "sleeps": [], "forbidden": [], "allowed": None}
real_time, real_connect = time.time, socket.socket.connect
time.time = lambda: real_time() + state["clock"]
time.sleep = lambda seconds: state["sleeps"].append(seconds)


def connect(self, address):
    if address[:2] not in state["allowed"]:
        state["forbidden"].append(list(address))
        raise OSError("no other address")
    return real_connect(self, address)


def addresses(host, port):
    return [found[4][:2] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


socket.socket.connect = connect


def unknown_names(module):
    """Names that no line of the code would find: a command that is never run is looked at, too."""
    found = set()

    def look(code):
        for instruction in dis.get_instructions(code):
            if instruction.opname == "LOAD_GLOBAL" and not (instruction.argval in module.__dict__ or hasattr(builtins, instruction.argval)):
                found.add(instruction.argval)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                look(constant)

    with open(module.__file__, encoding="utf-8") as file:
        look(compile(file.read(), module.__file__, "exec"))
    return sorted(found)


module = importlib.import_module(setup["module"])
platform = importlib.import_module(setup["platform"])
print(json.dumps({"unknown": unknown_names(module)}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    url = urlsplit(request["url"])
    state.update({"clock": request.get("clock", 0), "sleeps": [], "forbidden": [], "allowed": addresses(url.hostname, url.port)})
    answer = platform.run(module, request)
    print(json.dumps({**answer, "sleeps": state["sleeps"], "forbidden": state["forbidden"]}), flush=True)
