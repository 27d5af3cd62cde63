//! Promises about removing an address.

use super::declare;

const DELETE: &str = "client-server-api/#post_matrixclientv3account3piddelete";

declare! {
    DELETE_WITHOUT_RESULT = "delete-without-result" {
        promise: "The answer says whether the address was unbound from an identity server.",
        rule: DELETE,
        caught_by: ["remove-email/not-bound"],
    }
    DELETE_CLAIMS_AN_UNBINDING = "delete-claims-an-unbinding" {
        promise: "Only an address that was unbound from an identity server is answered `success`.",
        rule: DELETE,
        caught_by: ["remove-email/not-bound"],
    }
    DELETE_KEEPS_THE_ADDRESS = "delete-keeps-the-address" {
        promise: "A removed address is no longer listed.",
        rule: DELETE,
        caught_by: ["remove-email/not-bound"],
    }
    DELETE_ASKS_FOR_THE_PASSWORD = "delete-asks-for-the-password" {
        promise: "Removing an address needs an access token and nothing more.",
        rule: DELETE,
        caught_by: ["remove-email/not-bound"],
    }
}
