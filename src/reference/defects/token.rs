//! Promises about `requestToken` and the mail it sends.

use super::declare;

const REQUEST_TOKEN: &str = "client-server-api/#post_matrixclientv3account3pidemailrequesttoken";
const MAIL: &str = "the mail of the flow the project was created from; identity-service-api/#establishing-associations";

declare! {
    MAILS_AN_ADDRESS_IN_USE = "mails-an-address-in-use" {
        promise: "An address that an account has already gets no validation session and no mail.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/email-in-use"],
    }
    IN_USE_REFUSED_BUT_MAILED = "in-use-refused-but-mailed" {
        promise: "A refused request sends no mail: the owner of an address in use is not bothered.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/email-in-use"],
    }
    IN_USE_UNDER_ANOTHER_CODE = "in-use-under-another-code" {
        promise: "The refusal of an address in use has the errcode M_THREEPID_IN_USE.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/email-in-use"],
    }
    IN_USE_WITH_SUCCESS_STATUS = "in-use-with-success-status" {
        promise: "The refusal of an address in use has the status 400.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/email-in-use"],
    }
    SID_OUTSIDE_THE_GRAMMAR = "sid-outside-the-grammar" {
        promise: "A sid consists of 1 to 255 characters of 0-9, a-z, A-Z, `.`, `=`, `_` and `-`.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/email-free"],
    }
    SID_IS_A_NUMBER = "sid-is-a-number" {
        promise: "A sid is a string.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/email-free"],
    }
    ANSWERS_WITHOUT_MAILING = "answers-without-mailing" {
        promise: "A sid means that a mail is on its way.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/mail-received"],
    }
    MAILS_TWICE = "mails-twice" {
        promise: "One attempt sends one mail.",
        rule: REQUEST_TOKEN,
        caught_by: ["add-email/mail-received"],
    }
    MAIL_WITHOUT_LINK = "mail-without-link" {
        promise: "The mail carries the link that validates the address.",
        rule: MAIL,
        caught_by: ["add-email/mail-received"],
    }
    HTML_LINK_DIFFERS = "html-link-differs" {
        promise: "The text and the HTML of a mail carry the same link.",
        rule: "RFC 2046, 5.1.4: the parts of multipart/alternative hold the same information",
        caught_by: ["add-email/mail-received"],
    }
    LINK_LEAVES_THE_SERVER = "link-leaves-the-server" {
        promise: "The link in the mail leads to the homeserver's public address.",
        rule: MAIL,
        caught_by: ["add-email/mail-received"],
    }
    LINK_NAMES_ANOTHER_SID = "link-names-another-sid" {
        promise: "The link in the mail belongs to the session whose sid was answered.",
        rule: MAIL,
        caught_by: ["add-email/mail-received"],
    }
    LINK_NAMES_ANOTHER_SECRET = "link-names-another-secret" {
        promise: "A client secret in the link is the one that the client chose.",
        rule: MAIL,
        caught_by: ["add-email/mail-received"],
    }
}
