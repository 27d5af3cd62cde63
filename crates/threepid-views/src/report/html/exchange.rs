//! One exchange with everything that is known of it.

use maud::{Markup, html};

use super::super::{curl::curl, phrases};
use super::code::{self, line};
use super::parts::body;
use super::sanitized_html::sanitized_html;
use threepid_record::model::{Exchange, Headers, RequestLogQuery};

/// Request, answer, times, and the command that repeats it.
pub(super) fn inside(exchange: &Exchange) -> Markup {
    let request = &exchange.request;
    html! {
        div.pair {
            div {
                h5 { "Request" @if let Some(actor) = &exchange.actor { " by " (line(actor)) } }
                p.start { (line(&request.method)) " " (line(&request.url)) }
                (headers(&request.headers))
                (body("Body", &request.body))
            }
            div {
                h5 { "Answer" }
                @if let Some(failure) = &exchange.failure { p.start.lost { "No complete answer: " (line(&failure.message)) } }
                @if let Some(response) = &exchange.response {
                    p.start { (response.status) }
                    (headers(&response.headers))
                    (body("Body", &response.body))
                    @if let Some(page) = page(exchange) {
                        details.fold { summary { "As a page" } (sanitized_html(page)) }
                    }
                }
            }
        }
        p.timing {
            "Headers after " (phrases::duration(exchange.headers_ms)) ", complete after " (phrases::duration(exchange.total_ms)) "."
        }
        details.fold {
            summary { "Repeat it with curl" }
            div.repeat { pre tabindex="0" { (line(&curl(exchange))) } button.copy type="button" data-copy="1" { "Copy" } }
        }
    }
}

/// What the identity server was asked.
pub(super) fn inquiry(inquiry: &RequestLogQuery) -> Markup {
    html! {
        p.timing {
            "Asked at " code { (line(&inquiry.path)) } " about " (line(&inquiry.about)) ": "
            (phrases::count(inquiry.requests.len(), "request"))
        }
        @for one in inquiry.requests.iter().take(20) {
            p.start { (line(&one.method)) " " (line(&one.path)) }
            dl.headers {
                dt { "authorization" } dd { (line(one.authorization.as_deref().unwrap_or("none"))) }
                @for (name, value) in &one.query { dt { "?" (line(name)) } dd { (line(value)) } }
            }
            @if let Some(body) = &one.body { (code::body(&body.to_string())) }
        }
    }
}

fn headers(headers: &Headers) -> Markup {
    html! {
        @if !headers.is_empty() {
            dl.headers { @for (name, value) in headers { dt { (line(name)) } dd { (line(value)) } } }
        }
    }
}

/// The page, if the answer is one.
fn page(exchange: &Exchange) -> Option<&str> {
    let response = exchange.response.as_ref()?;
    let is_page = response.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    response.body.text.as_deref().filter(|text| is_page && !text.is_empty())
}
