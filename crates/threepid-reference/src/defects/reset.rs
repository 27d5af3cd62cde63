//! Promises about resetting a password by e-mail.

use super::declare;

const REQUEST_TOKEN: &str = "client-server-api/#post_matrixclientv3accountpasswordemailrequesttoken";
const PASSWORD: &str = "client-server-api/#post_matrixclientv3accountpassword";
const STAGE: &str = "client-server-api/#email-based-identity--homeserver";

declare! {
    RESET_COMPARES_CASE = "reset-compares-case" {
        promise: "The address of an account is known however its letters are written.",
        rule: "appendices/#e-mail",
        level: Should,
        covers: ["reset-rt-known"],
        caught_by: ["reset-password/mail-received"],
    }
    RESET_MAILS_THE_WRITTEN_SPELLING = "reset-mails-the-written-spelling" {
        promise: "The mail goes to the address as the account has it.",
        rule: REQUEST_TOKEN,
        level: Security,
        covers: ["reset-rt-known"],
        caught_by: ["reset-password/mail-received"],
    }
    RESET_MAILS_STRANGERS = "reset-mails-strangers" {
        promise: "An address that no account has gets no mail that resets a password.",
        rule: REQUEST_TOKEN,
        level: Convention,
        covers: ["reset-rt-unknown"],
        caught_by: ["reset-password/unknown-address"],
    }
    RESET_UNKNOWN_IS_IN_USE = "reset-unknown-is-in-use" {
        promise: "A reset never says that an address is in use.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["reset-rt-unknown"],
        caught_by: ["reset-password/unknown-address"],
    }
    RESET_DEMANDS_AN_ACCESS_TOKEN = "reset-demands-an-access-token" {
        promise: "Whoever forgot the password can ask for the way to reset it.",
        rule: PASSWORD,
        level: Must,
        covers: ["reset-challenge", "reset-ok"],
        caught_by: ["reset-password/challenge", "reset-password/success"],
    }
    RESETS_BEFORE_THE_LINK = "resets-before-the-link" {
        promise: "A password is reset only after the owner of the address confirmed it.",
        rule: STAGE,
        level: Security,
        covers: ["reset-before-click"],
        caught_by: ["reset-password/fetched-by-a-machine", "reset-password/link-not-clicked"],
    }
    UNCLICKED_RESET_REFUSED_BUT_DONE = "unclicked-reset-refused-but-done" {
        promise: "A refused reset changes no password.",
        rule: PASSWORD,
        level: Security,
        covers: ["reset-before-click"],
        caught_by: ["reset-password/fetched-by-a-machine", "reset-password/link-not-clicked"],
    }
    RESET_CHANGES_NOTHING = "reset-changes-nothing" {
        promise: "After a reset the new password is the password.",
        rule: PASSWORD,
        level: Security,
        covers: ["reset-ok"],
        caught_by: ["reset-password/completed-session", "reset-password/success", "reset-password/used-proof"],
    }
    RESET_KEEPS_THE_DEVICES = "reset-keeps-the-devices" {
        promise: "A reset logs the devices of the account out, unless it is told not to.",
        rule: PASSWORD,
        level: Must,
        covers: ["reset-logout-devices"],
        caught_by: ["reset-password/logged-out"],
    }
    RESET_IGNORES_LOGOUT_DEVICES = "reset-ignores-logout-devices" {
        promise: "A reset that is told so leaves the devices logged in.",
        rule: PASSWORD,
        level: Must,
        covers: ["reset-logout-devices"],
        caught_by: ["reset-password/logged-out"],
    }
    RESET_PROOF_WORKS_TWICE = "reset-proof-works-twice" {
        promise: "A confirmed reset sets one password.",
        rule: STAGE,
        level: Security,
        covers: ["reset-replay"],
        caught_by: ["reset-password/proof-used-at-once", "reset-password/used-proof"],
    }
    PROOF_COUNTS_WITHOUT_ITS_SECRET = "proof-counts-without-its-secret" {
        promise: "A proof counts only together with its client secret.",
        rule: STAGE,
        level: Must,
        covers: ["reset-wrong-proof"],
        caught_by: ["reset-password/wrong-proof"],
    }
    WRONG_PROOF_BURNS_THE_RIGHT_ONE = "wrong-proof-burns-the-right-one" {
        promise: "A wrong attempt leaves the right proof as it is.",
        rule: STAGE,
        level: Must,
        covers: ["reset-wrong-proof"],
        caught_by: ["reset-password/wrong-proof"],
    }
    FOREIGN_PROOF_IS_A_SERVER_ERROR = "foreign-proof-is-a-server-error" {
        promise: "An address that was validated for something else is the client's mistake, not the server's.",
        rule: "client-server-api/#standard-error-response",
        level: Security,
        covers: ["reset-cross-purpose"],
        caught_by: ["reset-password/proof-of-other-purpose"],
    }
    MALFORMED_CREDS_ARE_A_SERVER_ERROR = "malformed-creds-are-a-server-error" {
        promise: "Credentials that are malformed are the client's mistake, not the server's.",
        rule: "client-server-api/#standard-error-response",
        level: Must,
        covers: ["reset-malformed-creds-never-5xx"],
        caught_by: ["reset-password/malformed-proof"],
    }
}
