//! Differences in the answers of the client-server API.

use super::declare;

declare! {
    AUTH_FAILED_403 = "auth-failed-403" {
        summary: "M_THREEPID_AUTH_FAILED comes with the status 403.",
        seen_in: "Continuwuity, Tuwunel; the specification of the deprecated POST /account/3pid",
        aspect: "the status of M_THREEPID_AUTH_FAILED",
    }
    UNKNOWN_SID_404 = "unknown-sid-404" {
        summary: "A sid that was never issued is answered 404 M_NOT_FOUND.",
        seen_in: "Tuwunel",
        aspect: "the answer to an unknown sid",
    }
    PARAMS_NULL = "params-null" {
        summary: "The params of a challenge are null when no stage has any.",
        seen_in: "servers built on ruma",
        aspect: "the params of a challenge",
    }
    COMPLETED_ABSENT = "completed-absent" {
        summary: "A challenge without completed stages does not have the member completed.",
        seen_in: "servers built on ruma",
        aspect: "the completed member of a challenge",
    }
    FRESH_SESSION_AFTER_FAILURE = "fresh-session-after-failure" {
        summary: "A failed attempt is answered with a new session; the old one goes on working.",
        seen_in: "the flow the project was created from",
        aspect: "the session after a failed attempt",
    }
    SESSION_REQUIRED = "session-required" {
        summary: "A stage without a session is answered with a challenge, even if its credentials are right.",
        seen_in: "strict readings of User-Interactive Authentication",
        aspect: "stages without a session",
    }
    IDENTIFIER_ONLY = "identifier-only" {
        summary: "The password stage needs an identifier; the legacy user member alone is refused.",
        seen_in: "Tuwunel, Continuwuity",
        aspect: "the legacy user member",
    }
    UNKNOWN_DELETE_404 = "unknown-delete-404" {
        summary: "Removing an address that the account does not have is answered 404 M_THREEPID_NOT_FOUND.",
        seen_in: "Continuwuity, Palpo",
        aspect: "the answer to removing an unknown address",
    }
    DEPRECATED_ADD_404 = "deprecated-add-404" {
        summary: "The deprecated POST /account/3pid is not there: 404 M_UNRECOGNIZED.",
        seen_in: "Continuwuity, Tuwunel, Conduit",
        aspect: "the deprecated POST /account/3pid",
    }
    CAPABILITY_ABSENT = "capability-absent" {
        summary: "The m.3pid_changes capability is not mentioned; clients then assume that changes are possible.",
        seen_in: "Dendrite",
        aspect: "the m.3pid_changes capability",
    }
    CHANGES_DISABLED_400 = "changes-disabled-400" {
        summary: "Changes that are disabled are refused with 400 M_FORBIDDEN.",
        seen_in: "Synapse",
        aspect: "the status of disabled changes",
    }
    LIMIT_WITHOUT_HINT = "limit-without-hint" {
        summary: "A 429 says neither in a header nor in the body when to come again.",
        seen_in: "servers before v1.10; both hints are optional",
        aspect: "the hint in a 429",
    }
    SUBMIT_URL = "submit-url" {
        summary: "requestToken answers a submit_url, to which the token of the mail can be sent.",
        seen_in: "Matryx; Synapse for phone numbers",
        aspect: "the submit_url",
    }
}
