#!/usr/bin/python3
"""`tenantry` with somebody at the keyboard: types passwords and the codes of an authenticator app."""
import base64
import hashlib
import hmac
import os
import pathlib
import re
import struct
import subprocess
import sys
import time


def code(seed, login):
    """The next code that was not used yet."""
    used = pathlib.Path(f"{login}.used")
    step = int(time.time()) // 30
    if used.exists():
        step = max(step, int(used.read_text()) + 1)
    used.write_text(str(step))
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), "sha1").digest()
    place = mac[-1] & 15
    number = struct.unpack(">I", mac[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


words = sys.argv[1:]
command = [os.environ["TENANTRY"], *words]
password = os.environ["PASSWORD"] + "\n"
if words[0] != "login":
    typed = password if "--password" in words else None
    sys.exit(subprocess.run(command, input=typed, text=True).returncode)
login = words[words.index("--as") + 1]
app = pathlib.Path(f"{login}.seed")
pipe = subprocess.PIPE
with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as told:
    if "--invitation" in words:
        told.stdin.write(os.environ["INVITATION"] + "\n")
    told.stdin.write(password)
    told.stdin.flush()
    if not app.exists():
        line = told.stdout.readline()
        print(line, end="")
        app.write_text(re.search("secret=([A-Z2-7]+)", line)[1])
    told.stdin.write(code(app.read_text(), login) + "\n")
    told.stdin.close()
    print(told.stdout.read(), end="")
sys.exit(told.returncode)
