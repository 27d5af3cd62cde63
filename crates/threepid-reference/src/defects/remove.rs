//! Promises about removing an address.

use super::declare;

const DELETE: &str = "client-server-api/#post_matrixclientv3account3piddelete";

declare! {
    DELETE_WITHOUT_RESULT = "delete-without-result" {
        promise: "The answer says whether the address was unbound from an identity server.",
        rule: DELETE,
        level: Must,
        covers: ["delete-never-bound"],
        caught_by: [
            "api-versions/either-prefix", "remove-email/bound", "remove-email/bound-out-of-band",
            "remove-email/identity-server-cannot-unbind", "remove-email/not-bound", "remove-email/other-users-address",
            "remove-email/unknown-address",
        ],
    }
    DELETE_CLAIMS_AN_UNBINDING = "delete-claims-an-unbinding" {
        promise: "Only an address that was unbound from an identity server is answered `success`.",
        rule: DELETE,
        level: Must,
        covers: ["delete-never-bound"],
        caught_by: [
            "api-versions/either-prefix", "remove-email/identity-server-cannot-unbind", "remove-email/not-bound",
        ],
    }
    DELETE_KEEPS_THE_ADDRESS = "delete-keeps-the-address" {
        promise: "A removed address is no longer listed.",
        rule: DELETE,
        level: Security,
        covers: ["delete-never-bound", "login-after-unlink"],
        caught_by: [
            "add-email/used-session", "log-in-with-email/after-removal", "remove-email/bound",
            "remove-email/bound-out-of-band", "remove-email/identity-server-cannot-unbind", "remove-email/not-bound",
        ],
    }
    DELETE_ASKS_FOR_THE_PASSWORD = "delete-asks-for-the-password" {
        promise: "Removing an address needs an access token and nothing more.",
        rule: DELETE,
        level: Security,
        covers: ["delete-needs-token-not-uia"],
        caught_by: [
            "add-email/used-session", "api-versions/either-prefix", "log-in-with-email/after-removal",
            "remove-email/access-token", "remove-email/bound", "remove-email/bound-out-of-band",
            "remove-email/identity-server-cannot-unbind", "remove-email/identity-server-down",
            "remove-email/identity-server-error", "remove-email/not-bound", "remove-email/other-users-address",
            "remove-email/pusher", "remove-email/unknown-address",
        ],
    }
    UNKNOWN_DELETE_IS_A_SERVER_ERROR = "unknown-delete-is-a-server-error" {
        promise: "Removing an address that the account does not have is no error of the server.",
        rule: "client-server-api/#standard-error-response",
        level: Convention,
        covers: ["delete-unknown-address"],
        caught_by: ["remove-email/other-users-address", "remove-email/unknown-address"],
    }
    DELETE_TAKES_ANYBODYS_ADDRESS = "delete-takes-anybodys-address" {
        promise: "Only the account that has an address can remove it.",
        rule: DELETE,
        level: Security,
        covers: ["delete-other-users-address"],
        caught_by: ["remove-email/other-users-address"],
    }
    DELETE_TAKES_THE_FIRST_ADDRESS = "delete-takes-the-first-address" {
        promise: "The removed address is the one that was named.",
        rule: DELETE,
        level: Security,
        covers: ["delete-other-address-keeps-mine"],
        caught_by: ["remove-email/unknown-address"],
    }
    DELETE_LEAVES_THE_BINDING = "delete-leaves-the-binding" {
        promise: "An address that was bound through the homeserver is unbound with its removal.",
        rule: DELETE,
        level: Must,
        covers: ["delete-bound"],
        caught_by: [
            "remove-email/bound", "remove-email/bound-out-of-band", "remove-email/identity-server-cannot-unbind",
            "remove-email/identity-server-down", "remove-email/identity-server-error",
        ],
    }
    DELETE_IGNORES_THE_NAMED_SERVER = "delete-ignores-the-named-server" {
        promise: "A removal that names an identity server unbinds there.",
        rule: DELETE,
        level: Must,
        covers: ["delete-explicit-id-server"],
        caught_by: ["remove-email/bound-out-of-band"],
    }
    UNBIND_IS_NOT_SIGNED = "unbind-is-not-signed" {
        promise: "The homeserver signs what it asks of an identity server.",
        rule: "identity-service-api/#post_matrixidentityv23pidunbind",
        level: Must,
        covers: ["delete-bound", "delete-explicit-id-server", "unbind-keeps-local"],
        caught_by: [
            "remove-email/bound", "remove-email/bound-out-of-band", "remove-email/deactivated-account-bound",
            "remove-email/unbound-only",
        ],
    }
    DELETE_FAILS_WITHOUT_UNBIND = "delete-fails-without-unbind" {
        promise: "An identity server that cannot unbind keeps no address in the account.",
        rule: "identity-service-api/#post_matrixidentityv23pidunbind",
        level: Must,
        covers: ["delete-is-unsupported"],
        caught_by: ["remove-email/identity-server-cannot-unbind"],
    }
    UNBIND_ERROR_BECOMES_SUCCESS = "unbind-error-becomes-success" {
        promise: "An identity server that failed has unbound nothing.",
        rule: "identity-service-api/#post_matrixidentityv23pidunbind",
        level: Security,
        covers: ["delete-is-error"],
        caught_by: ["remove-email/identity-server-down", "remove-email/identity-server-error"],
    }
    FAILED_DELETE_REMOVES_ANYWAY = "failed-delete-removes-anyway" {
        promise: "A removal that is answered with an error removes nothing.",
        rule: DELETE,
        level: Should,
        covers: ["delete-is-error"],
        caught_by: ["remove-email/identity-server-down", "remove-email/identity-server-error"],
    }
    PUSHER_SURVIVES_ITS_ADDRESS = "pusher-survives-its-address" {
        promise: "A pusher that mails an address ends with the address.",
        rule: "synapse#10568; client-server-api/#post_matrixclientv3pushersset",
        level: Convention,
        covers: ["delete-removes-email-pusher"],
        caught_by: ["remove-email/pusher"],
    }
    ADDRESSES_SURVIVE_DEACTIVATION = "addresses-survive-deactivation" {
        promise: "A deactivated account has no addresses.",
        rule: "client-server-api/#post_matrixclientv3accountdeactivate",
        level: Security,
        covers: ["deactivate-removes-email"],
        caught_by: ["remove-email/deactivated-account"],
    }
    DEACTIVATION_WITHOUT_RESULT = "deactivation-without-result" {
        promise: "The answer to a deactivation says whether the addresses were unbound.",
        rule: "client-server-api/#post_matrixclientv3accountdeactivate",
        level: Must,
        covers: ["deactivate-removes-email"],
        caught_by: [
            "remove-email/deactivated-account", "remove-email/deactivated-account-bound",
            "remove-email/deactivated-account-without-address",
        ],
    }
    DEACTIVATION_FAILS_TO_UNBIND_NOTHING = "deactivation-fails-to-unbind-nothing" {
        promise: "For an account without addresses a deactivation has nothing to unbind, and says success.",
        rule: "client-server-api/#post_matrixclientv3accountdeactivate",
        level: Must,
        covers: ["deactivate-removes-email"],
        caught_by: ["remove-email/deactivated-account-without-address"],
    }
    DEACTIVATION_LEAVES_THE_BINDINGS = "deactivation-leaves-the-bindings" {
        promise: "A deactivated account is bound at no identity server.",
        rule: "client-server-api/#post_matrixclientv3accountdeactivate",
        level: Must,
        covers: ["deactivate-removes-email"],
        caught_by: ["remove-email/deactivated-account-bound"],
    }
}
