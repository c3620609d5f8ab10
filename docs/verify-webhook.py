"""Tells whether a request to a webhook comes from who has the webhook's secret."""
import hashlib
import hmac
import time


def is_genuine(secret, signature, body, tolerance=300):
    """`signature` is the header Tenantry-Signature, `body` the octets of the request."""
    parts = [part.partition("=") for part in signature.split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    if not at.isdigit() or abs(time.time() - int(at)) > tolerance:
        return False  # an old request, sent again by who has seen it
    expected = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(value, expected) for name, _, value in parts)
