"""What somebody tries from a seat: plain functions, sent as they stand into the kernel of whoever tries.

Each returns what came of it, so that one and the same thing can be tried by who may not and by who may.
"""

import errno
import os
import pathlib
import socket
import time

import httpx
import zmq
from jupyter_client.session import Session


def read(path):
    """Return "open" when something comes out of the file, folder or link at *path*, else the name of the refusal."""
    path = pathlib.Path(path)
    try:
        if path.is_symlink():
            return "open" if path.readlink() else "empty"
        if path.is_dir():
            return "open" if next(path.iterdir(), None) else "empty"
        with path.open("rb") as file:
            return "open" if file.read(1 << 16) else "empty"
    except OSError as fault:
        return errno.errorcode[fault.errno]


def write(folder):
    """Return "open" when a file can be put into *folder* (it is removed), else the name of the refusal."""
    path = pathlib.Path(folder, f"planted-{os.getpid()}")
    try:
        path.touch(exist_ok=False)
        path.unlink()
    except OSError as fault:
        return errno.errorcode[fault.errno]
    return "open"


def strike(pid):
    """Return "open" when a signal may be sent to the process, else the name of the refusal; none is sent."""
    try:
        os.kill(pid, 0)
    except OSError as fault:
        return errno.errorcode[fault.errno]
    return "open"


def commands():
    """Return the command of every process on the machine that shows one."""
    found = []
    for path in pathlib.Path("/proc").iterdir():
        try:
            found += [(path / "cmdline").read_bytes().replace(b"\0", b" ").decode()] if path.name.isdigit() else []
        except OSError:
            continue
    return found


def ask(method, url, headers=None, body=None, token=True, cookies=None):
    """Return status, text and where it leads of the answer at *url*, asked with the seat's own token or another."""
    sent = dict(headers or {})
    given = os.environ["JUPYTERHUB_API_TOKEN"] if token is True else token
    if given:
        sent["authorization"] = f"token {given}"
    with httpx.Client(timeout=30, cookies=cookies) as client:
        answer = client.request(method, url, headers=sent, json=body)
    return [answer.status_code, answer.text, answer.headers.get("location", "")]


def bind(host, port):
    """Return "open" when *port* can be listened at beside who already does, else the name of the refusal."""
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        with socket.socket() as bare:
            bare.setsockopt(socket.SOL_SOCKET, option, 1)
            try:
                bare.bind((host, port))
                bare.listen()
            except OSError as fault:
                said = errno.errorcode[fault.errno]
            else:
                return "open"
    return said


def reach(kind, port, key, pair):
    bare = zmq.Context.instance().socket(kind)
    bare.linger, bare.sndtimeo = 0, 1000  # a door that is shut in one's face takes nothing any more
    if key:
        bare.curve_serverkey = key.encode()
        bare.curve_publickey, bare.curve_secretkey = (one.encode() for one in pair) if pair else zmq.curve_keypair()
    if kind == zmq.SUB:
        bare.setsockopt(zmq.SUBSCRIBE, b"")
    bare.connect(f"tcp://127.0.0.1:{port}")
    return bare


def overhear(port, seconds, key="", pair=()):
    """Return what a kernel says at *port* within some *seconds*, heard plainly or with a server's *key*."""
    heard, until = [], time.monotonic() + seconds
    bare = reach(zmq.SUB, port, key, pair)
    while bare.poll(max(0, 1000 * (until - time.monotonic()))):
        heard.append(b" ".join(bare.recv_multipart()).decode("utf-8", "replace"))
    bare.close()
    return "\n".join(heard)


def order(port, code, seconds, signed="", key="", pair=()):
    """Return what kind of answer a kernel gives at *port* to *code* within some *seconds*, None when none."""
    bare = reach(zmq.DEALER, port, key, pair)
    session = Session(key=signed.encode())
    try:
        session.send(bare, "execute_request", {"code": code, "silent": False})
        if not bare.poll(1000 * seconds):
            return None
        _, parts = session.feed_identities(bare.recv_multipart())
        return session.deserialize(parts)["msg_type"]
    except zmq.Again:
        return None
    finally:
        bare.close()
