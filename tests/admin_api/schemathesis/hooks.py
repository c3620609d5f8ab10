"""What Schemathesis cannot know: what an authenticator app shows at this moment, and how a file is sent."""

import base64
import hashlib
import hmac
import struct
import time
from urllib.parse import parse_qs, urlsplit

import schemathesis

# The code in the examples of the document.
SAMPLE = "123456"


def shown(uri):
    """The code that an app shows that has scanned a URI (RFC 6238)."""
    seed = parse_qs(urlsplit(uri).query)["secret"][0]
    seed = base64.b32decode(seed + "=" * (-len(seed) % 8))
    step = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(seed, step, hashlib.sha1).digest()
    at = digest[19] & 15
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


@schemathesis.hook
def before_call(context, case, kwargs):
    uri = case.operation.definition.raw.get("x-otpauth-uri")
    body = case.body
    if uri and isinstance(body, dict) and body.get("code") == SAMPLE:
        case.body = {**body, "code": shown(uri)}


@schemathesis.serializer("text/csv")
def file(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
