//! How a mail sink misbehaves for one recipient: what a scenario orders and the sink does.

use std::time::Duration;

/// What the sink does instead of taking a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFault {
    /// The recipient is refused at `RCPT TO`.
    RefuseRcpt {
        /// The reply's code; one that is not 4xx or 5xx is sent as 550.
        code: u16,
        /// The rest of the reply.
        text: String,
    },
    /// The message is refused at the end of `DATA`, for all its recipients.
    RefuseData {
        /// The reply's code; one that is not 4xx or 5xx is sent as 550.
        code: u16,
        /// The rest of the reply.
        text: String,
    },
    /// The answer to `RCPT TO` comes so late. The session's own deadline still holds.
    Stall(Duration),
    /// The connection is closed without an answer at the end of `DATA`; the message is dropped.
    HangUp,
}
