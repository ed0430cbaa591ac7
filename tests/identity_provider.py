"""A small OpenID Connect provider in a process of its own: discovery, authorization code with PKCE, signed ID tokens.

    python -m tests.identity_provider PORT

It signs in whomever the file named by PROVIDER_SAYS describes, without asking: {"email": ..., "email_verified": true}.
Keys there that begin with `lie_` make it misbehave in one way each.
"""

import base64
import hashlib
import json
import os
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "portal", "a secret of the test"
KEY, OTHER_KEY = (RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"}) for _ in range(2))


class Provider(BaseHTTPRequestHandler):
    codes: dict[str, dict[str, str]] = {}

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/.well-known/openid-configuration":
            self.answer(self.configuration())
        elif address.path == "/keys":
            self.answer({"keys": [KEY.as_dict(private=False)]})
        elif address.path == "/authorize":
            self.authorize({name: values[0] for name, values in parse_qs(address.query).items()})
        else:
            self.answer({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.token({name: values[0] for name, values in parse_qs(body).items()})

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, asked: dict[str, str]) -> None:
        """Remembers what was asked under a code, and sends the browser back with it."""
        right = asked.get("response_type") == "code" and asked.get("code_challenge_method") == "S256"
        if not right or asked.get("client_id") != CLIENT or not asked.get("code_challenge"):
            self.answer({"error": "invalid_request"}, 400)
            return
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"]}
        if says().get("lie_refuses"):
            back = {"error": "access_denied", "state": asked["state"]}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def token(self, sent: dict[str, str]) -> None:
        """The ID token for a code: once, to this client, to who holds the verifier."""
        asked = self.codes.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"] or sent["redirect_uri"] != asked["redirect_uri"]:
            self.answer({"error": "invalid_grant"}, 400)
        elif self.headers.get("Authorization") != f"Basic {basic}":
            self.answer({"error": "invalid_client"}, 401)
        else:
            self.answer({"access_token": "unused", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])})

    def id_token(self, nonce: str) -> str:
        told, now = says(), int(time.time())
        claims = {"iss": self.issuer, "sub": "1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        lies = {name.removeprefix("lie_"): value for name, value in told.items() if name.startswith("lie_")}
        claims |= {name: value for name, value in told.items() if name not in lies and not name.startswith("lie_")}
        claims |= {name: value for name, value in lies.items() if name in claims}
        if lies.get("unsigned"):
            parts = ({"alg": "none"}, claims)
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."
            )
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHER_KEY if lies.get("key") else KEY)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, body: dict[str, Any], status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def says() -> dict[str, Any]:
    return dict(json.loads(Path(os.environ["PROVIDER_SAYS"]).read_text()))


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Provider)
    print("answers", flush=True)
    server.serve_forever()
