//! Promises about the link in the mail and its page.

use super::declare;

const SUBMIT: &str = "identity-service-api/#get_matrixidentityv2validateemailsubmittoken";

declare! {
    LINK_VALIDATES_NOTHING = "link-validates-nothing" {
        promise: "Following the link validates the address: the page tells the truth.",
        rule: SUBMIT,
        level: Security,
        covers: ["link-validates"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/folded-address", "add-email/link-clicked", "add-email/next-attempt", "add-email/owned-by-other",
            "add-email/success", "add-email/wrong-password", "api-versions/either-prefix",
            "password-stage/completed-session", "register-with-email/last-request-short",
            "register-with-email/same-address-twice", "register-with-email/success", "validate-link/clicked-twice",
            "validate-link/expired", "validate-link/next-link", "validate-link/other-sessions-token",
            "validate-link/wrong-parameters", "validate-link/wrong-token",
        ],
    }
    LINK_ANSWERS_AN_ERROR = "link-answers-an-error" {
        promise: "A link that validates answers with success.",
        rule: SUBMIT,
        level: Must,
        covers: ["link-validates"],
        caught_by: [
            "add-email/link-clicked", "register-with-email/last-request-short",
            "register-with-email/same-address-twice", "register-with-email/success",
            "reset-password/proof-of-other-purpose", "reset-password/success", "validate-link/clicked-twice",
            "validate-link/expired", "validate-link/fetched-by-a-machine", "validate-link/next-link",
            "validate-link/public-address",
        ],
    }
    PAGE_IS_NOT_HTML = "page-is-not-html" {
        promise: "The link leads to a page that people can read.",
        rule: SUBMIT,
        level: Security,
        covers: ["link-validates"],
        caught_by: ["add-email/link-clicked", "validate-link/next-link", "validate-link/page-headers"],
    }
    SECOND_CLICK_IS_A_SERVER_ERROR = "second-click-is-a-server-error" {
        promise: "Following the link again is no error of the server.",
        rule: SUBMIT,
        level: Convention,
        covers: ["link-reclick-before-use"],
        caught_by: ["validate-link/clicked-twice"],
    }
    SECOND_CLICK_UNVALIDATES = "second-click-unvalidates" {
        promise: "Following the link again leaves the address validated.",
        rule: SUBMIT,
        level: Convention,
        covers: ["link-reclick-before-use"],
        caught_by: ["validate-link/clicked-twice"],
    }
    ANY_TOKEN_VALIDATES = "any-token-validates" {
        promise: "Only the token of the mail validates.",
        rule: SUBMIT,
        level: Security,
        covers: ["link-wrong-token"],
        caught_by: ["validate-link/guessed-token", "validate-link/other-sessions-token", "validate-link/wrong-token"],
    }
    ANY_SECRET_VALIDATES = "any-secret-validates" {
        promise: "Only the client secret of the session validates.",
        rule: SUBMIT,
        level: Must,
        covers: ["link-wrong-parameters"],
        caught_by: ["validate-link/wrong-parameters"],
    }
    EXPIRED_LINKS_VALIDATE = "expired-links-validate" {
        promise: "A link that has expired validates nothing.",
        rule: "identity-service-api/#establishing-associations",
        level: Must,
        covers: ["link-expired"],
        caught_by: ["validate-link/expired"],
    }
    HEAD_VALIDATES = "head-validates" {
        promise: "Asking for the head of the page validates nothing.",
        rule: "RFC 9110, 9.2.1: HEAD is a safe method",
        level: Convention,
        covers: ["link-prefetch-safe"],
        caught_by: ["validate-link/head-only"],
    }
    RESET_LINK_VALIDATES_WHEN_FETCHED = "reset-link-validates-when-fetched" {
        promise: "Fetching the link of a password reset validates nothing: somebody has to confirm it.",
        rule: "the promise that a mail scanner resets no password; identity-service-api/#get_matrixidentityv2validateemailsubmittoken",
        level: Security,
        covers: ["link-prefetch-safe"],
        caught_by: ["reset-password/fetched-by-a-machine"],
    }
    PAGE_ECHOES_ITS_PARAMETERS = "page-echoes-its-parameters" {
        promise: "The page repeats no parameter of the link as HTML.",
        rule: "CVE-2021-21332",
        level: Security,
        covers: ["link-html-escaped"],
        caught_by: ["validate-link/page-escapes"],
    }
    RESET_PAGE_ECHOES_ITS_PARAMETERS = "reset-page-echoes-its-parameters" {
        promise: "The page that asks for the reset repeats no parameter of the link as HTML.",
        rule: "CVE-2021-21332",
        level: Security,
        covers: ["link-html-escaped"],
        caught_by: [
            "reset-password/completed-session", "reset-password/logged-out", "reset-password/page-escapes",
            "reset-password/proof-used-at-once", "reset-password/success", "reset-password/used-proof",
            "reset-password/wrong-proof",
        ],
    }
    PAGE_WITHOUT_PROTECTION = "page-without-protection" {
        promise: "The page is not cached, not framed, and does not pass its address on.",
        rule: "RFC 6750, 5.3: secrets in an address must not leak; the tokens of these links are such",
        level: Security,
        covers: ["link-security-headers"],
        caught_by: ["validate-link/page-headers"],
    }
    TOKENS_COUNT_UP = "tokens-count-up" {
        promise: "A token cannot be guessed, or guessing is limited.",
        rule: "RFC 4086; Sydent 1.0.3",
        level: Security,
        covers: ["link-token-bruteforce"],
        caught_by: ["validate-link/guessed-token"],
    }
}
