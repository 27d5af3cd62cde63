//! Promises about `requestToken` and the mail it sends.

use super::declare;

const REQUEST_TOKEN: &str = "client-server-api/#post_matrixclientv3account3pidemailrequesttoken";
const MAIL: &str = "the mail of the flow the project was created from; identity-service-api/#establishing-associations";
const REGISTER: &str = "client-server-api/#post_matrixclientv3registeremailrequesttoken";

declare! {
    MAILS_AN_ADDRESS_IN_USE = "mails-an-address-in-use" {
        promise: "An address that an account has already gets no validation session and no mail.",
        rule: REQUEST_TOKEN,
        level: Should,
        covers: ["add-rt-in-use-self", "add-rt-in-use-other"],
        caught_by: ["add-email/email-in-use", "add-email/hidden-session", "add-email/in-use-in-capitals"],
    }
    IN_USE_REFUSED_BUT_MAILED = "in-use-refused-but-mailed" {
        promise: "A refused request sends no mail: the owner of an address in use is not bothered.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-in-use-self", "add-rt-in-use-other"],
        caught_by: ["add-email/email-in-use", "add-email/in-use-in-capitals"],
    }
    IN_USE_UNDER_ANOTHER_CODE = "in-use-under-another-code" {
        promise: "The refusal of an address in use has the errcode M_THREEPID_IN_USE.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-in-use-self", "add-rt-in-use-other"],
        caught_by: ["add-email/email-in-use", "add-email/in-use-in-capitals"],
    }
    IN_USE_WITH_SUCCESS_STATUS = "in-use-with-success-status" {
        promise: "The refusal of an address in use has the status 400.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-in-use-self", "add-rt-in-use-other"],
        caught_by: ["add-email/email-in-use", "add-email/in-use-in-capitals"],
    }
    HIDDEN_SESSION_CLAIMS_THE_ADDRESS = "hidden-session-claims-the-address" {
        promise: "The session that is given to hide that an address is in use can never be validated.",
        rule: REQUEST_TOKEN,
        level: Security,
        covers: ["add-rt-in-use-self", "add-rt-in-use-other"],
        caught_by: ["add-email/hidden-session"],
    }
    SID_OUTSIDE_THE_GRAMMAR = "sid-outside-the-grammar" {
        promise: "A sid consists of 1 to 255 characters of 0-9, a-z, A-Z, `.`, `=`, `_` and `-`.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-ok"],
        caught_by: [
            "add-email/client-secret-accepted", "add-email/domain-denied", "add-email/email-free",
            "add-email/folded-address", "add-email/mail-refused", "add-email/odd-local-part", "add-email/same-attempt",
            "add-email/same-request-at-once", "add-email/submit-url", "add-email/submit-url-expired",
            "add-email/without-token", "api-versions/either-prefix", "rate-limits/by-client",
            "register-with-email/mail-received", "register-with-email/next-link-listed-hosts",
            "reset-password/proof-of-other-purpose", "validate-link/next-link", "validate-link/next-link-listed-hosts",
            "validate-link/other-sessions-token",
        ],
    }
    SID_IS_A_NUMBER = "sid-is-a-number" {
        promise: "A sid is a string.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-ok"],
        caught_by: [
            "add-email/client-secret-accepted", "add-email/domain-denied", "add-email/email-free",
            "add-email/folded-address", "add-email/mail-refused", "add-email/odd-local-part", "add-email/same-attempt",
            "add-email/same-request-at-once", "add-email/submit-url", "add-email/submit-url-expired",
            "add-email/without-token", "api-versions/either-prefix", "rate-limits/by-client",
            "register-with-email/mail-received", "register-with-email/next-link-listed-hosts",
            "reset-password/proof-of-other-purpose", "validate-link/next-link", "validate-link/next-link-listed-hosts",
            "validate-link/other-sessions-token",
        ],
    }
    ANSWERS_WITHOUT_MAILING = "answers-without-mailing" {
        promise: "A sid means that a mail is on its way.",
        rule: REQUEST_TOKEN,
        level: Security,
        covers: ["add-rt-sends-one-mail", "reg-rt-ok"],
        caught_by: [
            "add-email/client-secret-accepted", "add-email/folded-address", "add-email/mail-received",
            "add-email/mail-refused", "add-email/odd-local-part", "add-email/same-attempt",
            "add-email/same-request-at-once", "add-email/without-token", "api-versions/either-prefix",
            "register-with-email/mail-received", "reset-password/proof-of-other-purpose", "validate-link/guessed-token",
            "validate-link/next-link", "validate-link/other-sessions-token", "validate-link/public-address",
        ],
    }
    MAILS_TWICE = "mails-twice" {
        promise: "One attempt sends one mail.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-sends-one-mail", "reg-rt-ok"],
        caught_by: [
            "add-email/email-in-use", "add-email/hidden-session", "add-email/in-use-in-capitals",
            "add-email/mail-received", "add-email/next-attempt", "add-email/owned-by-other", "add-email/same-attempt",
            "add-email/same-request-at-once", "register-with-email/email-in-use", "register-with-email/mail-received",
            "reset-password/success", "reset-password/wrong-types", "validate-link/expired",
        ],
    }
    MAIL_WITHOUT_LINK = "mail-without-link" {
        promise: "The mail carries the link that validates the address.",
        rule: MAIL,
        level: Security,
        covers: ["add-rt-sends-one-mail", "mail-link-wellformed"],
        caught_by: [
            "add-email/client-secret-accepted", "add-email/folded-address", "add-email/mail-received",
            "add-email/mail-refused", "add-email/odd-local-part", "add-email/same-attempt",
            "add-email/same-request-at-once", "add-email/without-token", "api-versions/either-prefix",
            "register-with-email/mail-received", "reset-password/proof-of-other-purpose", "validate-link/guessed-token",
            "validate-link/next-link", "validate-link/other-sessions-token", "validate-link/public-address",
        ],
    }
    HTML_LINK_DIFFERS = "html-link-differs" {
        promise: "The text and the HTML of a mail carry the same link.",
        rule: "RFC 2046, 5.1.4: the parts of multipart/alternative hold the same information",
        level: Should,
        covers: ["add-rt-sends-one-mail", "mail-link-wellformed"],
        caught_by: ["add-email/mail-received"],
    }
    LINK_LEAVES_THE_SERVER = "link-leaves-the-server" {
        promise: "The link in the mail leads to the homeserver's public address.",
        rule: MAIL,
        level: Security,
        covers: ["mail-link-wellformed"],
        caught_by: [
            "add-email/client-secret-accepted", "add-email/folded-address", "add-email/link-clicked",
            "add-email/mail-received", "add-email/next-attempt", "api-versions/either-prefix",
            "register-with-email/last-request-short", "register-with-email/same-address-twice",
            "register-with-email/success", "reset-password/proof-of-other-purpose", "validate-link/expired",
            "validate-link/fetched-by-a-machine", "validate-link/guessed-token", "validate-link/head-only",
            "validate-link/next-link", "validate-link/other-sessions-token", "validate-link/page-escapes",
            "validate-link/page-headers", "validate-link/public-address", "validate-link/wrong-parameters",
            "validate-link/wrong-token",
        ],
    }
    LINK_NAMES_ANOTHER_SID = "link-names-another-sid" {
        promise: "The link in the mail belongs to the session whose sid was answered.",
        rule: MAIL,
        level: Security,
        covers: ["mail-link-wellformed"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/folded-address", "add-email/link-clicked", "add-email/next-attempt", "add-email/owned-by-other",
            "add-email/success", "add-email/wrong-password", "api-versions/either-prefix",
            "password-stage/completed-session", "register-with-email/last-request-short",
            "register-with-email/same-address-twice", "register-with-email/success",
            "reset-password/proof-of-other-purpose", "validate-link/clicked-twice", "validate-link/expired",
            "validate-link/next-link", "validate-link/public-address",
        ],
    }
    LINK_NAMES_ANOTHER_SECRET = "link-names-another-secret" {
        promise: "A client secret in the link is the one that the client chose.",
        rule: MAIL,
        level: Security,
        covers: ["mail-link-wellformed"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/folded-address", "add-email/link-clicked", "add-email/next-attempt", "add-email/owned-by-other",
            "add-email/success", "add-email/wrong-password", "api-versions/either-prefix",
            "password-stage/completed-session", "register-with-email/last-request-short",
            "register-with-email/same-address-twice", "register-with-email/success",
            "reset-password/proof-of-other-purpose", "validate-link/clicked-twice", "validate-link/expired",
            "validate-link/next-link", "validate-link/public-address",
        ],
    }
    REQUEST_TOKEN_NEEDS_AN_ACCESS_TOKEN = "request-token-needs-an-access-token" {
        promise: "Asking for a token needs no access token.",
        rule: REQUEST_TOKEN,
        level: Security,
        covers: ["add-rt-without-token"],
        caught_by: ["add-email/hidden-in-use", "add-email/without-token"],
    }
    OFFERS_OWN_ADDRESS_AGAIN = "offers-own-address-again" {
        promise: "An address that the account has already is in use, for its owner too.",
        rule: REQUEST_TOKEN,
        level: Should,
        covers: ["add-rt-in-use-self"],
        caught_by: ["add-email/email-in-use", "add-email/hidden-session"],
    }
    IN_USE_COMPARES_CASE = "in-use-compares-case" {
        promise: "An address is in use however its letters are written.",
        rule: "appendices/#e-mail",
        level: Must,
        covers: ["add-rt-in-use-case-variant"],
        caught_by: ["add-email/in-use-in-capitals"],
    }
    MISSING_ATTEMPT_ASSUMED = "missing-attempt-assumed" {
        promise: "A request without a required parameter is refused.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-missing-param"],
        caught_by: ["add-email/missing-parameters"],
    }
    WRONG_TYPE_IS_A_SERVER_ERROR = "wrong-type-is-a-server-error" {
        promise: "A parameter of the wrong type is the client's mistake, not the server's.",
        rule: "client-server-api/#standard-error-response",
        level: Must,
        covers: ["add-rt-wrong-type-never-5xx"],
        caught_by: ["add-email/wrong-types", "register-with-email/wrong-types", "reset-password/wrong-types"],
    }
    ANY_CLIENT_SECRET_WILL_DO = "any-client-secret-will-do" {
        promise: "A client secret has 1 to 255 characters, and none that the grammar does not allow.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-client-secret-grammar"],
        caught_by: ["add-email/client-secret-refused"],
    }
    INVALID_EMAIL_ACCEPTED = "invalid-email-accepted" {
        promise: "What is no e-mail address is refused.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-invalid-email"],
        caught_by: ["add-email/no-address"],
    }
    TWO_ATS_CUT_SHORT = "two-ats-cut-short" {
        promise: "An address with two @ is refused, and mailed to neither of the two.",
        rule: "appendices/#e-mail",
        level: Security,
        covers: ["add-rt-two-at"],
        caught_by: ["add-email/two-at-signs"],
    }
    DECORATION_KEPT_IN_ADDRESSES = "decoration-kept-in-addresses" {
        promise: "The mailbox that gets the mail is the address that is listed later.",
        rule: "appendices/#e-mail",
        level: Security,
        covers: ["add-rt-not-bare-address"],
        caught_by: ["add-email/not-bare-address", "add-email/odd-local-part"],
    }
    ODD_LOCALPART_IS_A_SERVER_ERROR = "odd-localpart-is-a-server-error" {
        promise: "An address that the server cannot take is the client's mistake, not the server's.",
        rule: "client-server-api/#standard-error-response",
        level: Must,
        covers: ["add-rt-odd-localpart-never-5xx"],
        caught_by: ["add-email/not-bare-address", "add-email/odd-local-part"],
    }
    CASE_FOLDED_SIMPLY = "case-folded-simply" {
        promise: "The local part of an address is case folded, not only written in lower case.",
        rule: "appendices/#e-mail",
        level: Must,
        covers: ["add-rt-casefold-stored"],
        caught_by: ["add-email/folded-address"],
    }
    SAME_ATTEMPT_MAILS_AGAIN = "same-attempt-mails-again" {
        promise: "An attempt that was mailed is not mailed again.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-send-attempt-dedupe"],
        caught_by: ["add-email/same-attempt", "add-email/same-request-at-once"],
    }
    REPEAT_CHANGES_THE_SID = "repeat-changes-the-sid" {
        promise: "A repeated request is answered with the same sid.",
        rule: REQUEST_TOKEN,
        level: Security,
        covers: ["add-rt-send-attempt-dedupe", "add-rt-send-attempt-resend"],
        caught_by: [
            "add-email/hidden-in-use", "add-email/next-attempt", "add-email/same-attempt",
            "add-email/same-request-at-once", "api-versions/either-prefix",
        ],
    }
    HIGHER_ATTEMPT_MAILS_NOTHING = "higher-attempt-mails-nothing" {
        promise: "A higher attempt sends a further mail.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-send-attempt-resend", "link-expired"],
        caught_by: ["add-email/next-attempt", "validate-link/expired"],
    }
    PARALLEL_REQUESTS_MAIL_EACH = "parallel-requests-mail-each" {
        promise: "Identical requests at the same time send one mail.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-concurrent-dedupe"],
        caught_by: ["add-email/same-request-at-once"],
    }
    FOREIGN_DOMAINS_ACCEPTED = "foreign-domains-accepted" {
        promise: "A server that restricts domains mails to no other.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-domain-denied"],
        caught_by: ["add-email/domain-denied"],
    }
    REGISTRATION_IGNORES_THE_DOMAINS = "registration-ignores-the-domains" {
        promise: "A server that restricts domains does so for registration as well.",
        rule: REGISTER,
        level: Must,
        covers: ["add-rt-domain-denied"],
        caught_by: ["add-email/domain-denied"],
    }
    ANSWERS_WITHOUT_A_MAIL_SERVER = "answers-without-a-mail-server" {
        promise: "A server that cannot send mail says so.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-email-unsupported"],
        caught_by: [
            "add-email/mail-not-supported", "register-with-email/mail-not-supported",
            "reset-password/mail-not-supported",
        ],
    }
    LEAVES_IT_TO_THE_ID_SERVER = "leaves-it-to-the-id-server" {
        promise: "A homeserver that takes an id_server without a token for it verifies the address itself.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["add-rt-id-server-needs-token"],
        caught_by: ["add-email/identity-server-without-token"],
    }
    FAILED_MAIL_IS_A_SUCCESS = "failed-mail-is-a-success" {
        promise: "A mail that could not be sent is an error.",
        rule: MAIL,
        level: Convention,
        covers: ["add-rt-smtp-failure"],
        caught_by: ["add-email/mail-refused"],
    }
    FAILED_ATTEMPT_NOT_REPEATED = "failed-attempt-not-repeated" {
        promise: "An attempt whose mail could not be sent can be repeated.",
        rule: MAIL,
        level: Convention,
        covers: ["add-rt-smtp-failure"],
        caught_by: ["add-email/mail-refused"],
    }
    INHIBITED_SID_CHANGES = "inhibited-sid-changes" {
        promise: "Where errors are inhibited the sid of an address in use is as stable as any other.",
        rule: REGISTER,
        level: Security,
        covers: ["add-rt-inhibited-indistinguishable"],
        caught_by: ["add-email/hidden-in-use"],
    }
    INHIBITION_STOPS_AT_RESETS = "inhibition-stops-at-resets" {
        promise: "Where errors are inhibited no requestToken endpoint tells which addresses are known.",
        rule: REGISTER,
        level: Security,
        covers: ["add-rt-inhibited-indistinguishable"],
        caught_by: ["add-email/hidden-in-use"],
    }
    LINK_PARAMETERS_RUN_TOGETHER = "link-parameters-run-together" {
        promise: "The values in the link are encoded, each on its own.",
        rule: MAIL,
        level: Security,
        covers: ["mail-link-wellformed"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/folded-address", "add-email/link-clicked", "add-email/next-attempt", "add-email/owned-by-other",
            "add-email/success", "add-email/wrong-password", "api-versions/either-prefix",
            "password-stage/completed-session", "register-with-email/last-request-short",
            "register-with-email/same-address-twice", "register-with-email/success",
            "reset-password/proof-of-other-purpose", "validate-link/clicked-twice", "validate-link/expired",
            "validate-link/next-link", "validate-link/public-address",
        ],
    }
    MAIL_CARRIES_THE_ACCESS_TOKEN = "mail-carries-the-access-token" {
        promise: "The mail carries neither a password nor an access token.",
        rule: MAIL,
        level: Security,
        covers: ["mail-link-wellformed"],
        caught_by: ["add-email/mail-received"],
    }
}
