//! Promises about logging in with an e-mail address.

use super::declare;

const LOGIN: &str = "client-server-api/#post_matrixclientv3login";

declare! {
    LOGIN_KNOWS_NO_ADDRESSES = "login-knows-no-addresses" {
        promise: "An account can log in with its address.",
        rule: "client-server-api/#third-party-id",
        level: Must,
        covers: ["login-email-ok"],
        caught_by: [
            "log-in-with-email/after-removal", "log-in-with-email/capitals", "log-in-with-email/success",
            "register-with-email/success", "remove-email/deactivated-account",
        ],
    }
    LOGIN_COMPARES_CASE = "login-compares-case" {
        promise: "An address logs in however its letters are written.",
        rule: "appendices/#e-mail",
        level: Should,
        covers: ["login-email-case-variant"],
        caught_by: ["log-in-with-email/capitals"],
    }
    LOGIN_TELLS_UNKNOWN_ADDRESSES = "login-tells-unknown-addresses" {
        promise: "An unknown address and a wrong password are answered alike.",
        rule: LOGIN,
        level: Security,
        covers: ["login-email-unknown-vs-wrong"],
        caught_by: [
            "log-in-with-email/after-removal", "log-in-with-email/unknown-or-wrong", "remove-email/deactivated-account",
        ],
    }
    LOGIN_BY_A_REMOVED_ADDRESS = "login-by-a-removed-address" {
        promise: "An address that was removed logs nobody in.",
        rule: LOGIN,
        level: Must,
        covers: ["login-after-unlink"],
        caught_by: ["log-in-with-email/after-removal"],
    }
}
