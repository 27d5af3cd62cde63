//! Promises about attaching a validated address, and about the list.

use super::declare;

const ADD: &str = "client-server-api/#post_matrixclientv3account3pidadd";
const LIST: &str = "client-server-api/#get_matrixclientv3account3pid";

declare! {
    ADDS_BEFORE_THE_LINK = "adds-before-the-link" {
        promise: "An address is attached only after its owner followed the link.",
        rule: ADD,
        caught_by: ["add-email/link-not-clicked"],
    }
    UNCLICKED_REFUSED_BUT_ADDED = "unclicked-refused-but-added" {
        promise: "A refused request adds nothing.",
        rule: ADD,
        caught_by: ["add-email/link-not-clicked"],
    }
    UNCLICKED_UNDER_ANOTHER_CODE = "unclicked-under-another-code" {
        promise: "The refusal of an address that nobody validated has the errcode M_THREEPID_AUTH_FAILED.",
        rule: "client-server-api/#post_matrixclientv3account3pid",
        caught_by: ["add-email/link-not-clicked"],
    }
    UNCLICKED_IS_A_SERVER_ERROR = "unclicked-is-a-server-error" {
        promise: "A link that was not followed is the client's mistake, not the server's.",
        rule: "client-server-api/#standard-error-response",
        caught_by: ["add-email/link-not-clicked"],
    }
    SUCCESS_ADDS_NOTHING = "success-adds-nothing" {
        promise: "A success means that the account has the address.",
        rule: ADD,
        caught_by: ["add-email/success"],
    }
    ADDS_ANOTHER_ADDRESS = "adds-another-address" {
        promise: "The attached address is the one that was validated.",
        rule: ADD,
        caught_by: ["add-email/success"],
    }
    REFUSES_A_PROVEN_ADDRESS = "refuses-a-proven-address" {
        promise: "A validated address and the right password are enough.",
        rule: ADD,
        caught_by: ["add-email/success"],
    }
    TOKEN_USABLE_TWICE = "token-usable-twice" {
        promise: "A validated session attaches its address once.",
        rule: ADD,
        caught_by: ["add-email/success"],
    }
    LISTS_WITHOUT_TIMES = "lists-without-times" {
        promise: "The list says when each address was validated and added.",
        rule: LIST,
        caught_by: ["add-email/success"],
    }
    LISTS_SECONDS = "lists-seconds" {
        promise: "The times in the list are in milliseconds.",
        rule: LIST,
        caught_by: ["add-email/success"],
    }
}
