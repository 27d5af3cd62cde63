//! Promises about `next_link` and `submit_url`.

use super::declare;

const NEXT_LINK: &str = "identity-service-api/#get_matrixidentityv2validateemailsubmittoken";
const SUBMIT_URL: &str = "identity-service-api/#post_matrixidentityv2validateemailsubmittoken";
const ANSWER: &str = "client-server-api/#post_matrixclientv3account3pidemailrequesttoken";

declare! {
    NEXT_LINK_IGNORED = "next-link-ignored" {
        promise: "A link that has validated leads on to the next_link.",
        rule: NEXT_LINK,
        level: Must,
        covers: ["next-link-redirect"],
        caught_by: ["validate-link/next-link"],
    }
    NEXT_LINK_WITHOUT_SID = "next-link-without-sid" {
        promise: "What leads back to the client says which session was validated.",
        rule: "matrix-org/synapse, pull request 6097: clients that come back in a new page find their session by it",
        level: Convention,
        covers: ["next-link-redirect"],
        caught_by: ["validate-link/next-link"],
    }
    NEXT_LINK_TO_SCRIPTS = "next-link-to-scripts" {
        promise: "A next_link leads to a web page, never to a script, a file or another scheme.",
        rule: "RFC 3986, 4.3: next_link is an absolute URI; the security of whoever follows the mail",
        level: Security,
        covers: ["next-link-dangerous-scheme"],
        caught_by: [
            "register-with-email/next-link-allowed-hosts", "reset-password/next-link-allowed-hosts",
            "validate-link/next-link-allowed-hosts", "validate-link/next-link-dangerous",
        ],
    }
    NEXT_LINK_LIST_READS_THE_START = "next-link-list-reads-the-start" {
        promise: "A host is on the list of permitted ones only if it is the same.",
        rule: NEXT_LINK,
        level: Security,
        covers: ["next-link-allowlist"],
        caught_by: ["validate-link/next-link-allowed-hosts"],
    }
    NEXT_LINK_LIST_ENDS_AT_REGISTRATION = "next-link-list-ends-at-registration" {
        promise: "The list of permitted hosts holds for every requestToken endpoint.",
        rule: NEXT_LINK,
        level: Security,
        covers: ["next-link-allowlist"],
        caught_by: ["register-with-email/next-link-allowed-hosts"],
    }
    NEXT_LINK_DEMANDED = "next-link-demanded" {
        promise: "A request without a next_link is fine, whatever hosts are permitted.",
        rule: ANSWER,
        level: Must,
        covers: ["next-link-allowlist"],
        caught_by: ["register-with-email/next-link-listed-hosts", "validate-link/next-link-listed-hosts"],
    }
    SUBMIT_URL_LEADS_NOWHERE = "submit-url-leads-nowhere" {
        promise: "A submit_url is an absolute address that takes the token.",
        rule: ANSWER,
        level: Must,
        covers: ["add-rt-submit-url-rule", "add-rt-ok"],
        caught_by: ["add-email/submit-url", "add-email/submit-url-expired"],
    }
    SUBMIT_URL_TAKES_ANY_TOKEN = "submit-url-takes-any-token" {
        promise: "A submitted token that is wrong is not answered with success.",
        rule: SUBMIT_URL,
        level: Must,
        covers: ["submit-url-error-codes"],
        caught_by: ["add-email/submit-url"],
    }
    SUBMIT_URL_HIDES_THE_REASON = "submit-url-hides-the-reason" {
        promise: "A refused token says why: M_TOKEN_INCORRECT, M_INVALID_PARAM, M_SESSION_EXPIRED.",
        rule: SUBMIT_URL,
        level: Should,
        covers: ["submit-url-error-codes"],
        caught_by: ["add-email/submit-url", "add-email/submit-url-expired"],
    }
}
