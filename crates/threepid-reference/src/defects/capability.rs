//! Promises about the `m.3pid_changes` capability.

use super::declare;

const CAPABILITY: &str = "client-server-api/#m3pid_changes-capability";

declare! {
    CAPABILITY_IS_A_BARE_FLAG = "capability-is-a-bare-flag" {
        promise: "The capability is an object whose member enabled is a boolean.",
        rule: CAPABILITY,
        level: Must,
        covers: ["cap-3pid-changes-shape"],
        caught_by: ["capabilities/changes-refused", "capabilities/shape"],
    }
    CAPABILITY_PROMISES_TOO_MUCH = "capability-promises-too-much" {
        promise: "The capability says whether third-party identifiers can be changed.",
        rule: CAPABILITY,
        level: Convention,
        covers: ["cap-3pid-changes-honoured"],
        caught_by: ["capabilities/changes-refused"],
    }
    DISABLED_CHANGES_STILL_MAIL = "disabled-changes-still-mail" {
        promise: "Where changes are disabled no mail is sent for one.",
        rule: CAPABILITY,
        level: Convention,
        covers: ["cap-3pid-changes-honoured"],
        caught_by: ["capabilities/changes-refused"],
    }
    DISABLED_CHANGES_STILL_REMOVE = "disabled-changes-still-remove" {
        promise: "Where changes are disabled no address is removed.",
        rule: CAPABILITY,
        level: Convention,
        covers: ["cap-3pid-changes-honoured"],
        caught_by: ["capabilities/changes-refused"],
    }
}
