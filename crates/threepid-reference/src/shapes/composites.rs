//! Whole servers, put together from single differences.

use super::Shape;

/// A server, by the differences that it shows.
const fn server(
    name: &'static str,
    summary: &'static str,
    seen_in: &'static str,
    includes: &'static [&'static str],
) -> Shape {
    Shape { name, summary, seen_in, aspect: "the whole server", includes }
}

pub(super) const TABLE: &[Shape] = &[
    server(
        "continuwuity-like",
        "Plain text mails with a folded link of session and token that validates when it is fetched; 403 and 404 where others say 400 and 200.",
        "Continuwuity",
        &[
            "text-only-mail",
            "folded-quoted-printable",
            "session-and-token-link",
            "only-newest-link",
            "auth-failed-403",
            "unknown-delete-404",
            "deprecated-add-404",
            "identifier-only",
            "params-null",
            "completed-absent",
        ],
    ),
    server(
        "tuwunel-like",
        "HTML mails whose link shows a form, failure pages with the status 200, 404 for an unknown sid.",
        "Tuwunel",
        &[
            "html-only-mail",
            "form-to-submit",
            "failure-page-200",
            "only-newest-link",
            "auth-failed-403",
            "unknown-sid-404",
            "deprecated-add-404",
            "identifier-only",
            "params-null",
            "completed-absent",
        ],
    ),
    server(
        "synapse-like",
        "Mails in base64, and 400 where changes are disabled.",
        "Synapse",
        &["base64-mail", "changes-disabled-400"],
    ),
];
