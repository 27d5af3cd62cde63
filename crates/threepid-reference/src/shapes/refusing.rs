//! Servers that do not validate addresses: each says so in its own way, and all of them mean "not offered".
//!
//! Their requestToken endpoints answer nothing else and send no mail, their registration offers no e-mail stage, and somebody
//! who is not logged in cannot set a password.

use axum::http::StatusCode;

use super::{Shape, declare};

declare! {
    REFUSES_403_DENIED = "refuses-403-denied" {
        summary: "No address is accepted: 403 M_THREEPID_DENIED.",
        seen_in: "Conduit; Tuwunel without an SMTP server",
        aspect: "what requestToken answers",
    }
    REFUSES_400_MEDIUM = "refuses-400-medium" {
        summary: "Addresses are no medium of this server: 400 M_THREEPID_MEDIUM_NOT_SUPPORTED.",
        seen_in: "the specification's own answer",
        aspect: "what requestToken answers",
    }
    REFUSES_403_FORBIDDEN = "refuses-403-forbidden" {
        summary: "No address is accepted: 403 M_FORBIDDEN.",
        seen_in: "conduwuit; Continuwuity without an SMTP server",
        aspect: "what requestToken answers",
    }
    REFUSES_404_UNRECOGNIZED = "refuses-404-unrecognized" {
        summary: "requestToken is not there: 404 M_UNRECOGNIZED.",
        seen_in: "Synapse that delegates authentication",
        aspect: "what requestToken answers",
    }
    REFUSES_405_UNRECOGNIZED = "refuses-405-unrecognized" {
        summary: "requestToken is there, but not for POST: 405 M_UNRECOGNIZED.",
        seen_in: "Conduit's descendants",
        aspect: "what requestToken answers",
    }
    REFUSES_400_NOT_FOUND = "refuses-400-not-found" {
        summary: "No address is known: 400 M_THREEPID_NOT_FOUND.",
        seen_in: "servers that look addresses up before they look whether they can mail",
        aspect: "what requestToken answers",
    }
    REFUSES_400_UNTRUSTED = "refuses-400-untrusted" {
        summary: "No identity server is trusted that could validate: 400 M_SERVER_NOT_TRUSTED.",
        seen_in: "Dendrite",
        aspect: "what requestToken answers",
    }
    REFUSES_200_WITHOUT_SID = "refuses-200-without-sid" {
        summary: "requestToken succeeds without a sid, and nothing comes of it.",
        seen_in: "servers with an endpoint that does nothing yet",
        aspect: "what requestToken answers",
    }
}

/// What each of them answers; no errcode is a success without a sid.
pub(crate) const REFUSALS: [(Shape, StatusCode, Option<&str>); 8] = [
    (REFUSES_403_DENIED, StatusCode::FORBIDDEN, Some("M_THREEPID_DENIED")),
    (REFUSES_400_MEDIUM, StatusCode::BAD_REQUEST, Some("M_THREEPID_MEDIUM_NOT_SUPPORTED")),
    (REFUSES_403_FORBIDDEN, StatusCode::FORBIDDEN, Some("M_FORBIDDEN")),
    (REFUSES_404_UNRECOGNIZED, StatusCode::NOT_FOUND, Some("M_UNRECOGNIZED")),
    (REFUSES_405_UNRECOGNIZED, StatusCode::METHOD_NOT_ALLOWED, Some("M_UNRECOGNIZED")),
    (REFUSES_400_NOT_FOUND, StatusCode::BAD_REQUEST, Some("M_THREEPID_NOT_FOUND")),
    (REFUSES_400_UNTRUSTED, StatusCode::BAD_REQUEST, Some("M_SERVER_NOT_TRUSTED")),
    (REFUSES_200_WITHOUT_SID, StatusCode::OK, None),
];
