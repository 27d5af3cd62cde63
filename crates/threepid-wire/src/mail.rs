//! The mail sink: SMTP in, mailboxes, MIME to text to links.
//!
//! Takes mail from anyone who connects, keeps it per recipient, and turns one mail into `model::Mail`, with the links
//! that a person might follow, the likeliest first.
//! It never relays, never judges, never answers "OK" to a mail it cannot hold, and never grows without a limit.
//!
//! ```text
//! sink (handle, accept) ─ session (what SMTP says) ─ wire (bytes, deadlines) ─ command (the parser)
//!                            └─ data (the message) ─ router (who gets it) ─ mailbox (who waits)
//! read (mail → model::Mail) ─ mime (parts, headers) ─ links (candidates, score) ─ text, html (where they stand)
//!                            └─ codes (candidates, score)          proof (what of it proves that somebody reads it)
//! ```

mod address;
mod auth;
mod behaviour;
mod codes;
mod command;
mod data;
mod html;
mod limits;
mod links;
mod mailbox;
mod mime;
mod proof;
mod read;
mod reply;
mod router;
mod security;
mod session;
mod sink;
mod text;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "mail/no_tls.rs"]
mod tls;
mod transfer;
mod unsent;
mod wire;

pub use address::canonical;
pub use behaviour::Extension;
pub use limits::Limits;
pub use mailbox::Mailbox;
pub use proof::{Proof, message_id, proof};
pub use read::{TEXT_LIMIT, read_mail};
pub use router::Received;
pub use security::{Login, NoLogin, Security};
pub use sink::{Sink, SinkError, SinkOptions};
pub use unsent::{Tls, Unsent};
