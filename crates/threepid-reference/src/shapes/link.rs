//! Differences in the link and its page.

use super::declare;

declare! {
    SESSION_AND_TOKEN_LINK = "session-and-token-link" {
        summary: "The link has the parameters session and token, no client secret, and a path of its own.",
        seen_in: "Continuwuity",
        aspect: "the parameters of the link",
    }
    FORM_TO_SUBMIT = "form-to-submit" {
        summary: "The link shows a form, and submitting it validates.",
        seen_in: "Tuwunel; Synapse for password resets",
        aspect: "what following the link does",
    }
    REDIRECT_TO_PAGE = "redirect-to-page" {
        summary: "The link validates and redirects to a page on the same server.",
        seen_in: "servers that keep secrets out of the browser's history; identity service API, 3XX of submitToken",
        aspect: "what following the link does",
    }
    REDIRECT_ELSEWHERE = "redirect-elsewhere" {
        summary: "The link validates and redirects to the operator's own site, whose page says so.",
        seen_in: "servers with an account site of their own; identity service API, 3XX of submitToken",
        aspect: "what following the link does",
    }
    FAILURE_PAGE_200 = "failure-page-200" {
        summary: "The page of a link that does not validate has the status 200.",
        seen_in: "Tuwunel, Sydent",
        aspect: "the status of the failure page",
    }
    ONLY_NEWEST_LINK = "only-newest-link" {
        summary: "A further mail makes the links of earlier ones stop working.",
        seen_in: "Continuwuity, Tuwunel",
        aspect: "which links work",
    }
}
