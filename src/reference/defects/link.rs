//! Promises about the link in the mail and its page.

use super::declare;

const SUBMIT: &str = "identity-service-api/#get_matrixidentityv2validateemailsubmittoken";

declare! {
    LINK_VALIDATES_NOTHING = "link-validates-nothing" {
        promise: "Following the link validates the address: the page tells the truth.",
        rule: SUBMIT,
        caught_by: ["add-email/link-clicked", "add-email/success"],
    }
    LINK_ANSWERS_AN_ERROR = "link-answers-an-error" {
        promise: "A link that validates answers with success.",
        rule: SUBMIT,
        caught_by: ["add-email/link-clicked"],
    }
    PAGE_IS_NOT_HTML = "page-is-not-html" {
        promise: "The link leads to a page that people can read.",
        rule: SUBMIT,
        caught_by: ["add-email/link-clicked"],
    }
}
