//! Every kind of problem: what it means and what to do about it, and the page that tells it.

use axum::Json;
use axum::http::Uri;
use serde::Serialize;

use super::Problem;

/// A kind of problem.
#[derive(Debug, Serialize)]
pub(crate) struct Kind {
    /// What it is called: the `type` of its problems, and where they are explained.
    #[serde(rename = "type")]
    pub(crate) name: &'static str,
    /// The status that it comes with.
    pub(crate) status: u16,
    /// What it means.
    pub(crate) meaning: &'static str,
    /// What to do about it.
    pub(crate) remedy: &'static str,
}

/// Where a kind is explained.
pub(crate) const PATH: &str = "/problems/{kind}";

/// Explains a kind of problem to anybody: `type` of a problem leads here (RFC 9457 section 3.1.1).
pub(crate) async fn explain_problem(asked: Uri) -> Result<Json<&'static Kind>, Problem> {
    let found = KINDS.iter().find(|kind| kind.name == asked.path());
    found.map(Json).ok_or_else(Problem::not_found)
}

/// Every kind, by its status.
pub(crate) static KINDS: [Kind; 29] = [
    Kind {
        name: "/problems/key",
        status: 400,
        meaning: "The header `Idempotency-Key` is missing its key, has one that is too long, or is \
                  there twice.",
        remedy: "Send one key of 1 to 255 letters, another one with each request that is not the \
                 same.",
    },
    Kind {
        name: "/problems/malformed",
        status: 400,
        meaning: "The request cannot be read: the body is no JSON or ended too early, `If-Match` \
                  has no entity tag, there is not one `Host` header, or a proxy does not say who \
                  asks.",
        remedy: "Mend what `detail` names, and send the request again.",
    },
    Kind {
        name: "/problems/query",
        status: 400,
        meaning: "A parameter of the query is unknown, there twice, or of another kind.",
        remedy: "Look at `pointer`, and at the operation's parameters in `/v1/openapi.json`.",
    },
    Kind {
        name: "/problems/code-needed",
        status: 401,
        meaning: "The password is not all that is asked for: a code is missing.",
        remedy: "Send the code of the authenticator app as `code`, or one for recovery as \
                 `recovery_code`.",
    },
    Kind {
        name: "/problems/password-needed",
        status: 401,
        meaning: "The password is right, and somebody else has chosen it: it lets nobody in.",
        remedy: "Send the same again, with one of your own as `new_password`.",
    },
    Kind {
        name: "/problems/rejected",
        status: 401,
        meaning: "Login, password, code or passkey is wrong, or the admin may not sign in. The \
                  answer is the same for all of these; events tell which it was.",
        remedy: "Try again with what is right, or ask another admin.",
    },
    Kind {
        name: "/problems/unauthenticated",
        status: 401,
        meaning: "No token came, or one that does not count: it ended, or the caller comes from a \
                  network that is not allowed.",
        remedy: "Sign in, and send the token as `Authorization: Bearer`.",
    },
    Kind {
        name: "/problems/certificate",
        status: 403,
        meaning: "The certificate proves no device of this organization that is let in.",
        remedy: "Have a certificate issued to the device again, or activate it.",
    },
    Kind {
        name: "/problems/cross-site",
        status: 403,
        meaning: "A browser's cookie came with a request of another page, or without the header \
                  `X-Tenantry-Request`.",
        remedy: "Ask from a page of the same origin, with that header.",
    },
    Kind {
        name: "/problems/forbidden",
        status: 403,
        meaning: "The caller lacks the permission that `permission` names.",
        remedy: "Ask an admin for another role or scope; `GET /v1/me/can-i` tells what is missing.",
    },
    Kind {
        name: "/problems/not-found",
        status: 404,
        meaning: "There is no such thing, or the caller may not know of it; the answer is the \
                  same.",
        remedy: "Look whether the id is right, and whether its organization is in your scope.",
    },
    Kind {
        name: "/problems/method",
        status: 405,
        meaning: "The path has other methods.",
        remedy: "Use one that the header `Allow` names.",
    },
    Kind {
        name: "/problems/too-slow",
        status: 408,
        meaning: "The request took too long to arrive.",
        remedy: "Send it again, over a faster connection or in smaller parts.",
    },
    Kind {
        name: "/problems/device-cap",
        status: 409,
        meaning: "The organization has as many devices as it may have.",
        remedy: "Delete some, or have its cap raised by who manages organizations.",
    },
    Kind {
        name: "/problems/in-use",
        status: 409,
        meaning: "Something else refers to it.",
        remedy: "Take it out of what `detail` names first.",
    },
    Kind {
        name: "/problems/repeated",
        status: 409,
        meaning: "What was asked for with this `Idempotency-Key` is done or under way, and what \
                  was answered is not told again, or not yet.",
        remedy: "Repeat the request in a moment with the same key, which gives the answer: while \
                 it is under way there is none yet. Where none comes, look at what there is; ask \
                 for more with another key.",
    },
    Kind {
        name: "/problems/rule",
        status: 409,
        meaning: "A rule of the server forbids it, whoever asks.",
        remedy: "Read `detail`: it says which rule, and mostly what would be allowed.",
    },
    Kind {
        name: "/problems/taken",
        status: 409,
        meaning: "Another one has this name, address or number.",
        remedy: "Choose another value for what `pointer` names.",
    },
    Kind {
        name: "/problems/user-cap",
        status: 409,
        meaning: "The organization has as many users as it may have.",
        remedy: "Delete some, or have its cap raised by who manages organizations.",
    },
    Kind {
        name: "/problems/stale",
        status: 412,
        meaning: "It was changed since it was read: its revision is not the one of `If-Match`.",
        remedy: "Read it again, look at what is different, and repeat the change with the new \
                 `ETag`.",
    },
    Kind {
        name: "/problems/too-large",
        status: 413,
        meaning: "The body is larger than is taken.",
        remedy: "Send less at once; `detail` says how much is taken.",
    },
    Kind {
        name: "/problems/not-a-file",
        status: 415,
        meaning: "The body is of no kind that an import takes.",
        remedy: "Send it with one of the media types that `detail` names.",
    },
    Kind {
        name: "/problems/not-json",
        status: 415,
        meaning: "The body is not said to be JSON.",
        remedy: "Send it with `Content-Type: application/json`.",
    },
    Kind {
        name: "/problems/invalid",
        status: 422,
        meaning: "A value is not acceptable, or a member is missing or unknown.",
        remedy: "Change what `pointer` names (RFC 6901) as `detail` says.",
    },
    Kind {
        name: "/problems/key-reused",
        status: 422,
        meaning: "Another request was made with this `Idempotency-Key`.",
        remedy: "Take a fresh key for each request that is not the same.",
    },
    Kind {
        name: "/problems/too-early",
        status: 429,
        meaning: "There were too many failures; no attempt is looked at for a while, right or \
                  wrong.",
        remedy: "Come back after as many seconds as `Retry-After` says.",
    },
    Kind {
        name: "/problems/too-often",
        status: 429,
        meaning: "The session, the key or the source asked too often.",
        remedy: "Come back after as many seconds as `Retry-After` says; `RateLimit` tells what is \
                 left.",
    },
    Kind {
        name: "/problems/internal",
        status: 500,
        meaning: "The server failed; its log says why, under the id of the answer's \
                  `X-Request-Id`.",
        remedy: "Tell the operator that id; whether a change was made is to be looked up.",
    },
    Kind {
        name: "/problems/busy",
        status: 503,
        meaning: "The server has too much to do of this kind.",
        remedy: "Come back after as many seconds as `Retry-After` says.",
    },
];
