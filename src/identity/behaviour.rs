//! How the server can be told to misbehave, for one address, user or session at a time.

use std::time::Duration;

/// Which requests a [`Behaviour`] is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// The whole path: `/_matrix/identity/v2/3pid/unbind`.
    pub path: String,
    /// A text that stands somewhere in the request: an address, a user's or a session's id. The user whose access
    /// token is sent counts too.
    pub about: String,
}

/// What the server does instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers this, and does nothing.
    Answer {
        /// The status.
        status: u16,
        /// The `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Closes the connection without an answer.
    Refuse,
    /// Answers as it should, but only after this long.
    Stall(Duration),
}

impl Behaviour {
    /// A 404 that is no Matrix error: how a server answers that knows nothing of the endpoint (unbind, 404).
    pub fn not_found_plain() -> Behaviour {
        Behaviour::plain(404, "there is no such page")
    }

    /// A 501 that is no Matrix error (unbind, 501).
    pub fn not_implemented_plain() -> Behaviour {
        Behaviour::plain(501, "not implemented")
    }

    /// Text that is no JSON.
    pub fn plain(status: u16, body: &str) -> Behaviour {
        Behaviour::Answer { status, content_type: "text/plain; charset=utf-8".to_owned(), body: body.to_owned() }
    }

    /// A standard error response.
    pub fn matrix_error(status: u16, errcode: &str) -> Behaviour {
        let body = serde_json::json!({"errcode": errcode, "error": "the identity server was told to answer so"});
        Behaviour::Answer { status, content_type: "application/json".to_owned(), body: body.to_string() }
    }
}
