//! What one identity server holds, and for how long.

use std::time::Duration;

/// Connections at the same time. One more is closed.
pub(super) const CONNECTIONS: usize = 1000;
/// How long a TLS handshake may take.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may be open without a complete request head.
pub(super) const IDLE: Duration = Duration::from_secs(60);
/// How long connections have to end when the server shuts down.
pub(super) const LEAVING: Duration = Duration::from_secs(2);
/// How long to wait before the next connection is accepted when the system refuses one.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bytes in the body of a request.
pub(super) const BODY_BYTES: usize = 64 * 1024;
/// How long a homeserver may take to answer.
pub(super) const HOMESERVER: Duration = Duration::from_secs(10);
/// Bytes in a homeserver's answer.
pub(super) const HOMESERVER_BYTES: usize = 256 * 1024;
/// How long an identity server behind this one may take to answer. Longer than its own limits.
pub(super) const UPSTREAM: Duration = Duration::from_secs(60);
/// How long the SMTP server may take to take a mail.
pub(super) const MAIL: Duration = Duration::from_secs(10);

/// Access tokens that are known; the oldest is forgotten.
pub(super) const TOKENS: usize = 10_000;
/// Validation sessions; the oldest is forgotten.
pub(super) const SESSIONS: usize = 10_000;
/// Published associations; the oldest is forgotten.
pub(super) const ASSOCIATIONS: usize = 10_000;
/// Requests that are remembered; the oldest is forgotten.
pub(super) const ASKED: usize = 4096;
/// Bytes of all requests that are remembered; the oldest are forgotten.
pub(super) const ASKED_BYTES: usize = 16 * 1024 * 1024;
/// Texts of one request by which it can be found again.
pub(super) const SUBJECTS: usize = 64;
/// Misbehaviours in force; the oldest is forgotten.
pub(super) const BEHAVIOURS: usize = 4096;
/// Addresses in one lookup.
pub(super) const LOOKUP: usize = 1000;

/// How long a session can be used after it was last changed (Identity Service API, establishing associations: 24 h).
pub(super) const SESSION_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an association is said to hold.
pub(super) const ASSOCIATION_LIFE: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
