//! From an error of the HTTP library to a [`Failure`] that a person can act on.

use std::error::Error;

use threepid_record::model::{Failure, FailureKind};

use super::options::HttpOptions;

/// The whole chain of causes in one line, causes that repeat their parent's text left out.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if words != last && !last.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        last = words;
        source = cause.source();
    }
    // One line, whatever a cause is made of: reports and JUnit messages rely on it.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Classifies an error of the library. `note` says what is amiss with the certificate authorities, if anything.
pub(super) fn classify(error: reqwest::Error, options: &HttpOptions, note: Option<&str>) -> Failure {
    // The URL stands in the exchange already, and may carry secrets.
    let error = error.without_url();
    let mut message = chain(&error);
    if let Some(advice) = advice(&message).filter(|_| note.is_none()) {
        message.push_str(&format!(" ({advice})"));
    }
    let kind = if error.is_builder() {
        FailureKind::BadRequest
    } else if error.is_connect() {
        if error.is_timeout() {
            message.push_str(&format!(" (`--connect-timeout` is {})", millis(options.connect_timeout)));
        }
        if let Some(note) = note.filter(|note| !message.contains(*note)) {
            message.push_str(&format!(" ({note})"));
        }
        FailureKind::Connect
    } else if error.is_timeout() {
        FailureKind::Timeout
    } else {
        FailureKind::Broken
    };
    Failure { kind, message }
}

/// What to do about what often goes wrong with TLS.
fn advice(message: &str) -> Option<&'static str> {
    const NO_TLS: &str = "it seems that the server speaks no TLS there: then its address begins with `http://`";
    [
        ("InvalidContentType", NO_TLS),
        ("tls handshake eof", NO_TLS),
        (
            "certificate not valid for name",
            "the certificate has no such name among its `subjectAltName`; ask by one that it has",
        ),
        ("invalid peer certificate: Expired", "its time is over; the server needs a new one"),
        ("invalid peer certificate", "`--cacert` names the authority of a certificate to trust"),
        ("invalid HTTP version", "what came is not HTTP; where TLS is spoken, the address begins with `https://`"),
    ]
    .into_iter()
    .find_map(|(sign, advice)| message.contains(sign).then_some(advice))
}

pub(super) fn bad_request(message: String) -> Failure {
    Failure { kind: FailureKind::BadRequest, message }
}

pub(super) fn timed_out(options: &HttpOptions, read: Option<usize>) -> Failure {
    let limit = millis(options.request_timeout);
    let message = match read {
        None => format!("no answer within {limit} (`--request-timeout`)"),
        Some(bytes) => {
            format!("the answer did not end within {limit} (`--request-timeout`); {bytes} bytes of its body came")
        }
    };
    Failure { kind: FailureKind::Timeout, message }
}

pub(super) fn too_large(options: &HttpOptions) -> Failure {
    let message = format!("the answer's body is larger than {} bytes (`--body-limit`)", options.body_limit);
    Failure { kind: FailureKind::TooLarge, message }
}

fn millis(duration: std::time::Duration) -> String {
    format!("{} ms", duration.as_millis())
}
