//! Promises about attaching a validated address, and about the list.

use super::declare;

const ADD: &str = "client-server-api/#post_matrixclientv3account3pidadd";
const LIST: &str = "client-server-api/#get_matrixclientv3account3pid";
const DEPRECATED: &str = "client-server-api/#post_matrixclientv3account3pid";

declare! {
    ADDS_BEFORE_THE_LINK = "adds-before-the-link" {
        promise: "An address is attached only after its owner followed the link.",
        rule: ADD,
        level: Security,
        covers: ["add-before-click"],
        caught_by: [
            "add-email/deprecated-not-verified", "add-email/link-not-clicked", "password-stage/refused-request",
            "validate-link/expired", "validate-link/guessed-token", "validate-link/head-only",
            "validate-link/other-sessions-token", "validate-link/wrong-parameters", "validate-link/wrong-token",
        ],
    }
    UNCLICKED_REFUSED_BUT_ADDED = "unclicked-refused-but-added" {
        promise: "A refused request adds nothing.",
        rule: ADD,
        level: Security,
        covers: ["add-before-click"],
        caught_by: [
            "add-email/deprecated-not-verified", "add-email/link-not-clicked", "password-stage/refused-request",
            "validate-link/expired", "validate-link/other-sessions-token", "validate-link/wrong-parameters",
            "validate-link/wrong-token",
        ],
    }
    UNCLICKED_UNDER_ANOTHER_CODE = "unclicked-under-another-code" {
        promise: "The refusal of an address that nobody validated has the errcode M_THREEPID_AUTH_FAILED.",
        rule: "client-server-api/#post_matrixclientv3account3pid",
        level: Must,
        covers: ["add-before-click"],
        caught_by: ["add-email/deprecated-not-verified", "add-email/link-not-clicked"],
    }
    UNCLICKED_IS_A_SERVER_ERROR = "unclicked-is-a-server-error" {
        promise: "A link that was not followed is the client's mistake, not the server's.",
        rule: "client-server-api/#standard-error-response",
        level: Security,
        covers: ["add-before-click"],
        caught_by: [
            "add-email/hidden-session", "add-email/link-not-clicked", "password-stage/refused-request",
            "validate-link/expired", "validate-link/guessed-token", "validate-link/head-only",
            "validate-link/other-sessions-token", "validate-link/wrong-parameters", "validate-link/wrong-token",
        ],
    }
    SUCCESS_ADDS_NOTHING = "success-adds-nothing" {
        promise: "A success means that the account has the address.",
        rule: ADD,
        level: Security,
        covers: ["add-ok"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/deprecated-operation", "add-email/email-in-use", "add-email/folded-address",
            "add-email/hidden-session", "add-email/in-use-in-capitals", "add-email/next-attempt",
            "add-email/owned-by-other", "add-email/second-address", "add-email/session-of-other", "add-email/success",
            "api-versions/either-prefix", "list-emails/fields", "list-emails/own-only",
            "log-in-with-email/after-removal", "log-in-with-email/capitals", "log-in-with-email/success",
            "password-stage/completed-session", "password-stage/own-address", "register-with-email/email-in-use",
            "remove-email/access-token", "remove-email/deactivated-account", "remove-email/identity-server-down",
            "remove-email/identity-server-error", "remove-email/other-users-address", "remove-email/pusher",
            "remove-email/unbind-never-bound", "remove-email/unbound-only", "remove-email/unknown-address",
            "reset-password/mail-received", "reset-password/next-link-listed-hosts",
        ],
    }
    ADDS_ANOTHER_ADDRESS = "adds-another-address" {
        promise: "The attached address is the one that was validated.",
        rule: ADD,
        level: Security,
        covers: ["add-ok"],
        caught_by: [
            "add-email/auth-forms", "add-email/client-secret-accepted", "add-email/deprecated-operation",
            "add-email/email-in-use", "add-email/folded-address", "add-email/hidden-session",
            "add-email/in-use-in-capitals", "add-email/next-attempt", "add-email/owned-by-other",
            "add-email/second-address", "add-email/session-of-other", "add-email/success", "add-email/used-session",
            "api-versions/either-prefix", "list-emails/fields", "list-emails/own-only",
            "log-in-with-email/after-removal", "log-in-with-email/capitals", "log-in-with-email/success",
            "password-stage/completed-session", "password-stage/own-address", "register-with-email/email-in-use",
            "remove-email/access-token", "remove-email/bound", "remove-email/bound-out-of-band",
            "remove-email/deactivated-account", "remove-email/identity-server-cannot-unbind",
            "remove-email/identity-server-down", "remove-email/identity-server-error", "remove-email/not-bound",
            "remove-email/other-users-address", "remove-email/pusher", "remove-email/unbind-never-bound",
            "remove-email/unbound-only", "remove-email/unknown-address", "reset-password/mail-received",
            "reset-password/next-link-listed-hosts",
        ],
    }
    REFUSES_A_PROVEN_ADDRESS = "refuses-a-proven-address" {
        promise: "A validated address and the right password are enough.",
        rule: ADD,
        level: Security,
        covers: ["add-ok", "link-validates"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/folded-address", "add-email/link-clicked", "add-email/next-attempt", "add-email/owned-by-other",
            "add-email/success", "add-email/wrong-password", "api-versions/either-prefix",
            "password-stage/completed-session", "validate-link/clicked-twice", "validate-link/expired",
            "validate-link/next-link",
        ],
    }
    TOKEN_USABLE_TWICE = "token-usable-twice" {
        promise: "A validated session attaches its address once.",
        rule: ADD,
        level: Security,
        covers: ["add-replay-after-delete"],
        caught_by: ["add-email/used-session"],
    }
    LISTS_WITHOUT_TIMES = "lists-without-times" {
        promise: "The list says when each address was validated and added.",
        rule: LIST,
        level: Must,
        covers: ["list-shape"],
        caught_by: ["api-versions/either-prefix", "list-emails/fields"],
    }
    LISTS_SECONDS = "lists-seconds" {
        promise: "The times in the list are in milliseconds.",
        rule: LIST,
        level: Must,
        covers: ["list-shape"],
        caught_by: ["api-versions/either-prefix", "list-emails/fields"],
    }
    UNKNOWN_SID_IS_A_SERVER_ERROR = "unknown-sid-is-a-server-error" {
        promise: "A sid that was never issued is the client's mistake, not the server's.",
        rule: "client-server-api/#standard-error-response",
        level: Security,
        covers: ["add-unknown-sid"],
        caught_by: ["add-email/session-of-other", "add-email/unknown-session", "add-email/used-session"],
    }
    ADDRESS_MOVES_TO_THE_NEWCOMER = "address-moves-to-the-newcomer" {
        promise: "An address that an account has is not taken from it.",
        rule: ADD,
        level: Security,
        covers: ["add-owned-by-other-race"],
        caught_by: ["add-email/owned-by-other"],
    }
    USED_PROOF_MOVES_THE_ADDRESS = "used-proof-moves-the-address" {
        promise: "A proof that was used takes the address from nobody.",
        rule: ADD,
        level: Security,
        covers: ["add-session-other-user"],
        caught_by: ["add-email/session-of-other", "add-email/used-session"],
    }
    SECOND_ADDRESS_REPLACES_THE_FIRST = "second-address-replaces-the-first" {
        promise: "An account may have several addresses.",
        rule: LIST,
        level: Convention,
        covers: ["add-second-email"],
        caught_by: ["add-email/second-address"],
    }
    DEPRECATED_ADD_ADDS_NOTHING = "deprecated-add-adds-nothing" {
        promise: "The deprecated way to add an address adds it, if it says so.",
        rule: DEPRECATED,
        level: Convention,
        covers: ["deprecated-post-3pid"],
        caught_by: ["add-email/deprecated-operation"],
    }
    DEPRECATED_ADD_SKIPS_THE_PROOF = "deprecated-add-skips-the-proof" {
        promise: "The deprecated way to add an address needs a validated one as well.",
        rule: DEPRECATED,
        level: Security,
        covers: ["deprecated-post-3pid-unvalidated"],
        caught_by: ["add-email/deprecated-not-verified"],
    }
    EMPTY_LIST_IS_ABSENT = "empty-list-is-absent" {
        promise: "An account without addresses has an empty list of them.",
        rule: LIST,
        level: Security,
        covers: ["list-empty"],
        caught_by: ["add-email/added-at-once", "list-emails/empty"],
    }
    LISTS_EVERYBODYS_ADDRESSES = "lists-everybodys-addresses" {
        promise: "The list holds the addresses of the account that asks, and no others.",
        rule: LIST,
        level: Security,
        covers: ["list-auth-and-isolation"],
        caught_by: [
            "add-email/added-at-once", "add-email/auth-forms", "add-email/client-secret-accepted",
            "add-email/deprecated-not-verified", "add-email/deprecated-operation", "add-email/email-free",
            "add-email/email-in-use", "add-email/folded-address", "add-email/hidden-session",
            "add-email/in-use-in-capitals", "add-email/link-not-clicked", "add-email/next-attempt",
            "add-email/owned-by-other", "add-email/password-asked", "add-email/second-address",
            "add-email/session-not-yet-used", "add-email/session-of-other", "add-email/success",
            "add-email/unknown-session", "add-email/used-session", "add-email/wrong-password",
            "api-versions/either-prefix", "bind-email/success", "capabilities/changes-refused", "list-emails/empty",
            "list-emails/fields", "list-emails/own-only", "password-stage/access-token",
            "password-stage/completed-session", "password-stage/other-user", "password-stage/refused-request",
            "password-stage/unknown-address", "register-with-email/success", "remove-email/access-token",
            "remove-email/bound", "remove-email/bound-out-of-band", "remove-email/identity-server-cannot-unbind",
            "remove-email/identity-server-down", "remove-email/identity-server-error", "remove-email/not-bound",
            "remove-email/other-users-address", "remove-email/unbind-never-bound", "remove-email/unbound-only",
            "remove-email/unknown-address", "validate-link/expired", "validate-link/other-sessions-token",
            "validate-link/wrong-parameters", "validate-link/wrong-token",
        ],
    }
}
