//! Promises about the password stage.

use super::declare;

const UIA: &str = "client-server-api/#user-interactive-authentication-api";
const PASSWORD: &str = "client-server-api/#password-based";

declare! {
    ADDS_WITHOUT_PASSWORD = "adds-without-password" {
        promise: "A validated address is attached only after the account holder has authenticated.",
        rule: "client-server-api/#post_matrixclientv3account3pidadd",
        level: Security,
        covers: ["uia-challenge-shape"],
        caught_by: ["add-email/password-asked", "add-email/session-not-yet-used", "api-versions/either-prefix"],
    }
    CHALLENGE_WITH_SUCCESS_STATUS = "challenge-with-success-status" {
        promise: "A request that still needs authentication is answered 401.",
        rule: UIA,
        level: Must,
        covers: ["uia-challenge-shape"],
        caught_by: [
            "add-email/password-asked", "add-email/session-not-yet-used", "add-email/unknown-session",
            "api-versions/either-prefix",
        ],
    }
    CHALLENGE_WITHOUT_SESSION = "challenge-without-session" {
        promise: "The challenge names the session to authenticate in.",
        rule: UIA,
        level: Must,
        covers: ["uia-challenge-shape"],
        caught_by: [
            "add-email/password-asked", "add-email/session-not-yet-used", "add-email/unknown-session",
            "api-versions/either-prefix", "remove-email/deactivated-account-without-address",
            "reset-password/challenge", "reset-password/proof-of-other-purpose",
        ],
    }
    CHALLENGE_WITHOUT_FLOWS = "challenge-without-flows" {
        promise: "The challenge lists the flows that the client may choose from.",
        rule: UIA,
        level: Must,
        covers: ["uia-challenge-shape"],
        caught_by: [
            "add-email/password-asked", "api-versions/either-prefix",
            "remove-email/deactivated-account-without-address", "reset-password/challenge",
        ],
    }
    CHALLENGE_WITHOUT_PASSWORD_STAGE = "challenge-without-password-stage" {
        promise: "An account with a password may authenticate with it.",
        rule: PASSWORD,
        level: Must,
        covers: ["uia-challenge-shape"],
        caught_by: ["add-email/password-asked", "api-versions/either-prefix"],
    }
    CHALLENGE_ADDS_ALREADY = "challenge-adds-already" {
        promise: "Asking for the password changes nothing yet.",
        rule: UIA,
        level: Security,
        covers: ["uia-challenge-shape"],
        caught_by: [
            "add-email/auth-forms", "add-email/client-secret-accepted", "add-email/folded-address",
            "add-email/link-clicked", "add-email/next-attempt", "add-email/password-asked", "add-email/success",
            "add-email/wrong-password", "api-versions/either-prefix", "password-stage/completed-session",
            "password-stage/other-user", "password-stage/unknown-address", "validate-link/clicked-twice",
            "validate-link/expired", "validate-link/next-link",
        ],
    }
    ACCEPTS_ANY_PASSWORD = "accepts-any-password" {
        promise: "Only the account's own password completes the password stage.",
        rule: PASSWORD,
        level: Security,
        covers: ["uia-wrong-password"],
        caught_by: ["add-email/wrong-password"],
    }
    WRONG_PASSWORD_IS_SUCCESS_STATUS = "wrong-password-is-success-status" {
        promise: "A failed attempt is answered 401.",
        rule: UIA,
        level: Security,
        covers: ["uia-wrong-password"],
        caught_by: ["add-email/wrong-password", "password-stage/completed-session", "password-stage/refused-request"],
    }
    WRONG_PASSWORD_ADDS_ANYWAY = "wrong-password-adds-anyway" {
        promise: "A refused request adds nothing.",
        rule: UIA,
        level: Security,
        covers: ["uia-wrong-password"],
        caught_by: ["add-email/wrong-password", "password-stage/completed-session", "password-stage/refused-request"],
    }
    WRONG_PASSWORD_WITHOUT_ERRCODE = "wrong-password-without-errcode" {
        promise: "A failed attempt is told apart from a first challenge by its errcode.",
        rule: UIA,
        level: Must,
        covers: ["uia-wrong-password"],
        caught_by: ["add-email/wrong-password"],
    }
    WRONG_PASSWORD_WITHOUT_FLOWS = "wrong-password-without-flows" {
        promise: "After a failed attempt the answer repeats all that is needed to try again.",
        rule: UIA,
        level: Must,
        covers: ["uia-wrong-password"],
        caught_by: ["add-email/wrong-password"],
    }
    WRONG_PASSWORD_COMPLETES_THE_STAGE = "wrong-password-completes-the-stage" {
        promise: "A stage that failed is not among the completed ones.",
        rule: UIA,
        level: Must,
        covers: ["uia-wrong-password"],
        caught_by: ["add-email/wrong-password"],
    }
    WRONG_PASSWORD_ENDS_THE_SESSION = "wrong-password-ends-the-session" {
        promise: "After a failed attempt the client may try again in the same session.",
        rule: UIA,
        level: Must,
        covers: ["uia-wrong-password", "uia-retry-same-session"],
        caught_by: ["add-email/wrong-password"],
    }
    IDENTIFIER_REFUSES_LOCALPARTS = "identifier-refuses-localparts" {
        promise: "An m.id.user identifier may hold just the localpart.",
        rule: "client-server-api/#matrix-user-id",
        level: Convention,
        covers: ["add-ok"],
        caught_by: ["register-with-email/last-request-short"],
    }
    IDENTIFIER_REFUSES_USER_IDS = "identifier-refuses-user-ids" {
        promise: "An m.id.user identifier may hold the full user id.",
        rule: "client-server-api/#matrix-user-id",
        level: Security,
        covers: ["add-ok", "uia-retry-same-session"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/folded-address", "add-email/link-clicked", "add-email/link-not-clicked",
            "add-email/next-attempt", "add-email/owned-by-other", "add-email/success", "add-email/unknown-session",
            "add-email/wrong-password", "api-versions/either-prefix", "password-stage/completed-session",
            "register-with-email/success", "remove-email/deactivated-account-without-address",
            "reset-password/proof-of-other-purpose", "validate-link/clicked-twice", "validate-link/expired",
            "validate-link/next-link",
        ],
    }
    UNKNOWN_TOKEN_UNDER_ANOTHER_CODE = "unknown-token-under-another-code" {
        promise: "An access token that is not known is answered 401 M_UNKNOWN_TOKEN.",
        rule: "client-server-api/#using-access-tokens",
        level: Must,
        covers: ["uia-needs-access-token"],
        caught_by: ["password-stage/access-token", "reset-password/logged-out"],
    }
    LEGACY_USER_IS_A_SERVER_ERROR = "legacy-user-is-a-server-error" {
        promise: "A password stage without an identifier is no error of the server.",
        rule: "client-server-api/#standard-error-response",
        level: Must,
        covers: ["uia-legacy-user-field"],
        caught_by: ["add-email/auth-forms"],
    }
    IDENTIFIER_REFUSES_ADDRESSES = "identifier-refuses-addresses" {
        promise: "The password stage takes an address of the account for an identifier.",
        rule: "client-server-api/#third-party-id",
        level: Must,
        covers: ["uia-identifier-email"],
        caught_by: ["password-stage/own-address"],
    }
    UNKNOWN_IDENTIFIER_IS_THE_CALLER = "unknown-identifier-is-the-caller" {
        promise: "An identifier that names nobody completes no stage.",
        rule: PASSWORD,
        level: Must,
        covers: ["uia-identifier-unknown-email"],
        caught_by: ["password-stage/unknown-address"],
    }
    ACCEPTS_ANYBODYS_CREDENTIALS = "accepts-anybodys-credentials" {
        promise: "Only the credentials of the account that asks count.",
        rule: UIA,
        level: Security,
        covers: ["uia-other-users-credentials"],
        caught_by: ["password-stage/other-user"],
    }
    SESSION_COUNTS_FOR_ANY_SID = "session-counts-for-any-sid" {
        promise: "What was proved for one operation counts for no other.",
        rule: UIA,
        level: Security,
        covers: ["uia-session-other-sid"],
        caught_by: ["password-stage/completed-session", "password-stage/refused-request"],
    }
}
