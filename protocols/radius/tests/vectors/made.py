"""Makes the packets of RFCs that print none, after their rules and with Python's own MD5 and HMAC.

Without arguments it says whether the files beside it are what it makes; `write` writes them.
"""

import hashlib
import hmac
import pathlib
import struct
import sys

SECRET = b"xyzzy5461"
RADSEC = b"radsec"
HERE = pathlib.Path(__file__).parent


def md5(*parts):
    return hashlib.md5(b"".join(parts)).digest()


def attribute(kind, value):
    return bytes([kind, len(value) + 2]) + value


def number(kind, value):
    return attribute(kind, struct.pack(">I", value))


def head(code, identifier, authenticator, attributes):
    return struct.pack(">BBH", code, identifier, 20 + len(attributes)) + authenticator


def with_authenticator(code, identifier, authenticator, attributes, secret):
    """A packet with Message-Authenticator in front (RFC 3579, section 3.2)."""
    attributes = attribute(80, bytes(16)) + attributes
    packet = head(code, identifier, authenticator, attributes) + attributes
    mac = hmac.new(secret, packet, hashlib.md5).digest()
    return packet[:22] + mac + packet[38:]


def reply(code, request, attributes, secret, has_mac=True):
    """A reply with Response Authenticator (RFC 2865, section 3)."""
    asked, identifier = request[4:20], request[1]
    if has_mac:
        packet = with_authenticator(code, identifier, asked, attributes, secret)
    else:
        packet = head(code, identifier, asked, attributes) + attributes
    return packet[:4] + md5(packet, secret) + packet[20:]


def report(identifier, attributes, secret):
    """An Accounting-Request with its authenticator (RFC 2866, section 3)."""
    packet = head(4, identifier, bytes(16), attributes) + attributes
    return packet[:4] + md5(packet, secret) + packet[20:]


def order(code, identifier, attributes, secret):
    """A request of RFC 5176, section 2.3, signed twice: the Message-Authenticator first (section 3.4)."""
    packet = with_authenticator(code, identifier, bytes(16), attributes, secret)
    return packet[:4] + md5(packet, secret) + packet[20:]


def hidden(password, authenticator, secret):
    """User-Password (RFC 2865, section 5.2)."""
    padded = password + bytes(-len(password) % 16)
    done, before = b"", authenticator
    for at in range(0, len(padded), 16):
        pad = md5(secret, before)
        before = bytes(one ^ other for one, other in zip(padded[at:at + 16], pad))
        done += before
    return attribute(2, done)


def newer(code, token, attributes):
    """A packet of RADIUS/1.1 (RFC 9765, section 4.1): a token, and nothing where nothing is to be."""
    return struct.pack(">BBHI", code, 0, 20 + len(attributes), token) + bytes(12) + attributes


def rfc2866():
    session = attribute(44, b"5f3a") + attribute(1, b"ada") + attribute(32, b"ap-1")
    start = report(10, number(40, 1) + session + attribute(25, b"staff"), SECRET)
    counts = number(42, 5) + number(52, 2) + number(43, 9) + number(46, 600) + number(49, 1)
    stop = report(11, number(40, 2) + session + number(41, 3) + counts + attribute(33, b"p"), SECRET)
    on = report(12, number(40, 7) + attribute(32, b"ap-1"), SECRET)
    return "rfc2866_section_4", "RFC 2866, sections 3 and 4: reports and their answers", {
        "secret": SECRET,
        "start: Acct-Session-Id 5f3a, User-Name ada, NAS-Identifier ap-1, Class staff": ("start", start),
        "answer: no attribute": ("start_answer", reply(5, start, b"", SECRET, has_mac=False)),
        "stop: delayed by 3 seconds, 2 gigawords and 5 octets in, 9 out, 600 seconds, Terminate-Cause 1,\n"
        "# and a Proxy-State, which comes back": ("stop", stop),
        "answer to that": ("stop_answer", reply(5, stop, attribute(33, b"p"), SECRET, has_mac=False)),
        "the gear began anew": ("on", on),
        "answer to that ": ("on_answer", reply(5, on, b"", SECRET, has_mac=False)),
    }


def rfc2868():
    integers = [(64, 0, 13), (64, 1, 13), (65, 1, 6), (65, 31, 6), (83, 2, 16777215)]
    texts = [(81, 0, "42"), (81, 1, "42"), (81, 31, "guests")]
    tagged = [
        (f"integer {kind} {tag} {value}", attribute(kind, bytes([tag]) + struct.pack(">I", value)[1:]))
        for kind, tag, value in integers]
    named = [
        (f"text {kind} {tag} {value}", attribute(kind, bytes([tag] if tag else []) + value.encode()))
        for kind, tag, value in texts]
    said = [
        "# RFC 2868, section 3: how tagged values lie on the wire, as made.py makes them",
        "# tagged integer: type, tag, value = octets", *calls(tagged),
        "# tagged text: type, tag, value = octets; no tag, no octet for it (section 3.6)", *calls(named)]
    return "rfc2868_section_3", "\n".join(said) + "\n"


def rfc5176():
    session = number(55, 0x65432100) + attribute(1, b"ada") + attribute(44, b"5f3a")
    session += attribute(31, b"66-77-88-99-AA-BB") + attribute(32, b"ap-1")
    vlan = number(64, 13) + number(65, 6) + attribute(81, b"20")
    disconnect, change = order(40, 7, session, SECRET), order(43, 8, session + vlan, SECRET)
    return "rfc5176_section_3", "RFC 5176, sections 2.3, 3 and 3.5: orders and their answers", {
        "secret": SECRET,
        "disconnect: at 0x65432100, User-Name ada, Acct-Session-Id 5f3a,\n"
        "# Calling-Station-Id 66-77-88-99-AA-BB, NAS-Identifier ap-1": ("disconnect", disconnect),
        "it was done": ("disconnect_ack", reply(41, disconnect, b"", SECRET)),
        "refused with Error-Cause 503": ("disconnect_nak", reply(42, disconnect, number(101, 503), SECRET)),
        "change: the same session, which goes on in VLAN 20": ("change", change),
        "it was done ": ("change_ack", reply(44, change, b"", SECRET)),
        "refused with Error-Cause 401, and no Message-Authenticator": (
            "change_nak", reply(45, change, number(101, 401), SECRET, has_mac=False)),
    }


def rfc3579():
    authenticator = bytes(range(16, 32))
    named = attribute(1, b"ada") + attribute(32, b"ap-1") + number(12, 1400)
    identity = with_authenticator(
        1, 20, authenticator, named + attribute(79, b"\x02\x05\x00\x08\x01ada"), SECRET)
    started = attribute(24, b"state-1") + attribute(79, b"\x01\x06\x00\x06\x15\x20")
    # Code, identifier, length, type and flags of EAP-TTLS, and a handshake of so many octets.
    long = b"\x01\x07" + struct.pack(">H", 306) + b"\x15\x00" + bytes(number % 256 for number in range(300))
    pieces = attribute(24, b"state-2") + attribute(79, long[:253]) + attribute(79, long[253:])
    return "rfc3579_section_3", "RFC 3579, sections 2.1, 3.1, 3.2: EAP-Message and Message-Authenticator", {
        "secret": SECRET,
        "request: User-Name ada, NAS-Identifier ap-1, Framed-MTU 1400, EAP-Response/Identity": (
            "request", identity),
        "challenge: State state-1, EAP-Request/TTLS that starts": (
            "challenge", reply(11, identity, started, SECRET)),
        "long: State state-2, a packet of EAP in two pieces": ("long", reply(11, identity, pieces, SECRET)),
        "reject: EAP-Failure": ("reject", reply(3, identity, attribute(79, b"\x04\x05\x00\x04"), SECRET)),
        "accept: Filter-Id staff, EAP-Success": (
            "accept", reply(2, identity, attribute(11, b"staff") + attribute(79, b"\x03\x05\x00\x04"), SECRET)),
    }


def rfc6614():
    authenticator = bytes(range(32, 48))
    named = attribute(1, b"ada") + hidden(b"correct horse battery", authenticator, RADSEC)
    login = head(1, 30, authenticator, named) + named
    told = report(31, number(40, 1) + attribute(44, b"5f3a"), RADSEC)
    status = with_authenticator(12, 32, authenticator, b"", RADSEC)
    return "rfc6614_section_2_3", "RFC 6614, section 2.3: inside TLS the secret is radsec", {
        "secret": RADSEC,
        "login: User-Name ada, User-Password, no Message-Authenticator": ("login", login),
        "accept: Filter-Id staff": ("accept", reply(2, login, attribute(11, b"staff"), RADSEC)),
        "report: a session 5f3a begins": ("report", told),
        "answer": ("report_answer", reply(5, told, b"", RADSEC, has_mac=False)),
        "status: a Status-Server": ("status", status),
        "answer ": ("status_answer", reply(2, status, b"", RADSEC)),
    }


def rfc9765():
    login = newer(1, 0x01020304, attribute(1, b"ada") + attribute(2, b"correct horse"))
    keys = attribute(26, struct.pack(">I", 311) + attribute(16, b"\x0a\x0a"))
    keys += attribute(26, struct.pack(">I", 311) + attribute(17, b"\x0b\x0b\x0b"))
    asked = newer(1, 0x01020305, attribute(1, b"ada") + attribute(79, b"\x02\x05\x00\x08\x01ada"))
    return "rfc9765_section_4_1", "RFC 9765, sections 4.1 and 5: tokens, and secrets as they are", {
        "login: token 01020304, User-Name ada, User-Password": ("login", login),
        "accept: Class staff, keys 0a0a and 0b0b0b": (
            "accept", newer(2, 0x01020304, attribute(25, b"staff") + keys)),
        "eap: token 01020305, EAP-Response/Identity, and no Message-Authenticator": ("eap", asked),
        "challenge: State state-1, EAP-Request/TTLS that starts": (
            "challenge",
            newer(11, 0x01020305, attribute(24, b"state-1") + attribute(79, b"\x01\x06\x00\x06\x15\x20"))),
        "report: token 4d, without an authenticator": (
            "report", newer(4, 77, number(40, 1) + attribute(44, b"5f3a") + attribute(33, b"p"))),
        "answer": ("report_answer", newer(5, 77, attribute(33, b"p"))),
        "status: token 5, a Status-Server": ("status", newer(12, 5, b"")),
        "answer ": ("status_answer", newer(2, 5, b"")),
        "orders: token 6, a CoA-Request, which is not served here": ("order", newer(43, 6, b"")),
        "Protocol-Error with Error-Cause 406": ("order_answer", newer(52, 6, number(101, 406))),
    }


def calls(made):
    """Lines with what was called and what came of it, one below the other."""
    return [f"{call:<21} = {octets.hex(' ')}" for call, octets in made]


def lines(octets):
    for at in range(0, len(octets), 24):
        yield "  " + " ".join(f"{octet:02x}" for octet in octets[at:at + 24])


def text(title, words):
    said = [f"# {title}. The RFC prints no",
            "# packets; made.py makes these after its rules."]
    for name, value in words.items():
        if isinstance(value, bytes):
            said.append(f"{name} = {value.decode()}")
            continue
        said += [f"# {name.strip()}", f"{value[0]} =", *lines(value[1])]
    return "\n".join(said) + "\n"


def main():
    others = []
    files = [rfc2868()]
    for make in (rfc2866, rfc3579, rfc5176, rfc6614, rfc9765):
        name, title, words = make()
        files.append((name, text(title, words)))
    for name, made in files:
        path = HERE / f"{name}.txt"
        if sys.argv[1:] == ["write"]:
            path.write_text(made)
        elif path.read_text() != made:
            others.append(path.name)
    print("other than made here:" if others else "as made here", *others)
    sys.exit(bool(others))


main()
