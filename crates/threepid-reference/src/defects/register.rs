//! Promises about registering with an e-mail address.

use super::declare;

const REQUEST_TOKEN: &str = "client-server-api/#post_matrixclientv3registeremailrequesttoken";
const REGISTER: &str = "client-server-api/#post_matrixclientv3register";
const STAGE: &str = "client-server-api/#email-based-identity--homeserver";

declare! {
    EMAIL_REGISTRATION_NOT_ADVERTISED = "email-registration-not-advertised" {
        promise: "A server that registers with an address says so among the flows.",
        rule: REGISTER,
        level: Convention,
        covers: ["reg-flow-advertised"],
        caught_by: ["register-with-email/offered"],
    }
    REQUIRED_EMAIL_CAN_BE_LEFT_OUT = "required-email-can-be-left-out" {
        promise: "Where an address is required, no flow does without one.",
        rule: REGISTER,
        level: Convention,
        covers: ["reg-flow-advertised"],
        caught_by: ["register-with-email/required"],
    }
    REGISTRATION_MAILS_NOTHING = "registration-mails-nothing" {
        promise: "A sid for a registration means that a mail is on its way.",
        rule: REQUEST_TOKEN,
        level: Must,
        covers: ["reg-rt-ok"],
        caught_by: ["register-with-email/mail-received", "reset-password/proof-of-other-purpose"],
    }
    REGISTRATION_MAILS_OWNERS = "registration-mails-owners" {
        promise: "An address that an account has gets no mail that registers another.",
        rule: REQUEST_TOKEN,
        level: Convention,
        covers: ["reg-rt-in-use"],
        caught_by: ["register-with-email/email-in-use"],
    }
    REGISTERS_BEFORE_THE_LINK = "registers-before-the-link" {
        promise: "An account is created only after the link was followed.",
        rule: STAGE,
        level: Security,
        covers: ["reg-before-click"],
        caught_by: ["register-with-email/link-not-clicked", "register-with-email/success"],
    }
    UNCLICKED_POLL_WITHOUT_FLOWS = "unclicked-poll-without-flows" {
        promise: "A poll before the link was followed repeats all that is needed to go on.",
        rule: "client-server-api/#user-interactive-authentication-api",
        level: Must,
        covers: ["reg-before-click"],
        caught_by: ["register-with-email/link-not-clicked", "reset-password/link-not-clicked"],
    }
    UNCLICKED_POLL_COMPLETES_THE_STAGE = "unclicked-poll-completes-the-stage" {
        promise: "A stage whose link was not followed is not among the completed ones.",
        rule: "client-server-api/#user-interactive-authentication-api",
        level: Must,
        covers: ["reg-before-click"],
        caught_by: ["register-with-email/link-not-clicked", "reset-password/link-not-clicked"],
    }
    UNCLICKED_POLL_TAKES_THE_NAME = "unclicked-poll-takes-the-name" {
        promise: "A poll before the link was followed takes no user name.",
        rule: REGISTER,
        level: Must,
        covers: ["reg-before-click"],
        caught_by: ["register-with-email/link-not-clicked", "register-with-email/success"],
    }
    REGISTRATION_FORGETS_THE_ADDRESS = "registration-forgets-the-address" {
        promise: "An account that was registered with an address has it.",
        rule: REGISTER,
        level: Security,
        covers: ["reg-ok-email-linked"],
        caught_by: ["register-with-email/same-address-twice", "register-with-email/success"],
    }
    FAILED_POLL_LOSES_THE_PASSWORD = "failed-poll-loses-the-password" {
        promise: "A poll that came too early loses nothing of what the client asked for.",
        rule: "matrix-spec-proposals#2907; client-server-api/#user-interactive-authentication-api",
        level: Must,
        covers: ["reg-ok-email-linked", "reg-auth-only-completion"],
        caught_by: ["register-with-email/success"],
    }
    REGISTRATION_FORGETS_THE_FIRST_REQUEST = "registration-forgets-the-first-request" {
        promise: "A last request with nothing but auth creates the account of the first.",
        rule: "matrix-spec-proposals#2907; client-server-api/#user-interactive-authentication-api",
        level: Convention,
        covers: ["reg-auth-only-completion"],
        caught_by: ["register-with-email/last-request-short"],
    }
    ADDRESS_REGISTERS_TWICE = "address-registers-twice" {
        promise: "One address registers one account.",
        rule: REGISTER,
        level: Security,
        covers: ["reg-same-address-twice"],
        caught_by: ["register-with-email/same-address-twice"],
    }
    DISABLED_REGISTRATION_MAILS = "disabled-registration-mails" {
        promise: "Where registration is disabled no mail is sent for one.",
        rule: REGISTER,
        level: Convention,
        covers: ["reg-disabled-no-mail"],
        caught_by: ["register-with-email/disabled"],
    }
}
