//! Promises about binding an address at an identity server.

use super::declare;

const BIND: &str = "client-server-api/#post_matrixclientv3account3pidbind";
const UNBIND: &str = "client-server-api/#post_matrixclientv3account3pidunbind";

declare! {
    BIND_ASKS_NOBODY = "bind-asks-nobody" {
        promise: "A success means that the identity server published the association.",
        rule: BIND,
        level: Must,
        covers: ["bind-ok"],
        caught_by: ["bind-email/errors-passed-on", "bind-email/not-validated", "bind-email/success"],
    }
    BIND_FORGETS_THE_TOKEN = "bind-forgets-the-token" {
        promise: "The identity server gets the access token that is meant for it.",
        rule: BIND,
        level: Must,
        covers: ["bind-ok"],
        caught_by: ["bind-email/not-validated", "bind-email/success"],
    }
    BIND_HIDES_THE_REASON = "bind-hides-the-reason" {
        promise: "The errcode of the identity server reaches the client.",
        rule: BIND,
        level: Should,
        covers: ["bind-proxies-errors"],
        caught_by: ["bind-email/errors-passed-on", "bind-email/not-validated"],
    }
    BIND_IGNORES_REFUSALS = "bind-ignores-refusals" {
        promise: "What the identity server refuses is no success.",
        rule: BIND,
        level: Must,
        covers: ["bind-proxies-errors"],
        caught_by: ["bind-email/errors-passed-on", "bind-email/not-validated"],
    }
    UNBIND_REMOVES_THE_ADDRESS = "unbind-removes-the-address" {
        promise: "Unbinding an address leaves it in the account.",
        rule: UNBIND,
        level: Must,
        covers: ["unbind-keeps-local"],
        caught_by: ["remove-email/unbind-never-bound", "remove-email/unbound-only"],
    }
    UNBIND_CLAIMS_TOO_MUCH = "unbind-claims-too-much" {
        promise: "Unbinding an address that was never bound is answered `no-support`.",
        rule: UNBIND,
        level: Must,
        covers: ["unbind-keeps-local"],
        caught_by: ["remove-email/unbind-never-bound"],
    }
}
