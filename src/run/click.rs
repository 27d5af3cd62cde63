//! A link followed as a browser would follow it.
//!
//! GET without credentials; redirects on the target are followed, redirects off it are captured and never followed;
//! a page with exactly one form is submitted. Nothing but the target and the harness's identity server is ever asked.

use url::Url;

use super::{Context, identity};
use threepid_record::html;
use threepid_record::model::{Exchange, Response, Visit, VisitEnd};
use threepid_wire::http::{Client, Outgoing};

/// How many redirects on the target are followed.
const MAX_REDIRECTS: usize = 5;

/// Follows a link.
pub(super) async fn visit(client: &Client, context: &Context, link: &str, method: &str, submit: bool) -> Visit {
    let mut visit =
        Visit { link: link.to_owned(), hops: Vec::new(), submitted: false, end: VisitEnd::Failed, text: String::new() };
    visit.end = follow(client, context, method, submit, &mut visit).await;
    if let Some(page) = visit.hops.last().and_then(|hop| hop.response.as_ref()).and_then(page_of) {
        visit.text = html::text(page);
    }
    visit
}

async fn follow(client: &Client, context: &Context, method: &str, submit: bool, visit: &mut Visit) -> VisitEnd {
    let Ok(mut at) = Url::parse(&visit.link) else {
        return VisitEnd::NotFollowed("it is no URL".to_owned());
    };
    let mut next = Outgoing::new(method, "");
    let mut redirects = 0;
    loop {
        let Some(exchange) = ask(client, context, &at, next).await else {
            return match visit.hops.is_empty() {
                true => VisitEnd::NotFollowed(format!("{} is not the target", at.origin().ascii_serialization())),
                // A redirect or a form that leads away.
                false => VisitEnd::Redirect(at.into()),
            };
        };
        visit.hops.push(exchange);
        let Some(response) = visit.hops.last().and_then(|hop| hop.response.as_ref()) else {
            return VisitEnd::Failed;
        };
        if visit.hops.last().is_some_and(|hop| hop.failure.is_some()) {
            return VisitEnd::Failed;
        }
        if let Some(location) = location(response) {
            redirects += 1;
            match at.join(location) {
                Ok(_) if redirects > MAX_REDIRECTS => {
                    return VisitEnd::Redirect(format!("{location} (more than {MAX_REDIRECTS} redirects)"));
                }
                Ok(to) if matches!(to.scheme(), "http" | "https") => at = to,
                _ => return VisitEnd::Redirect(location.to_owned()),
            }
            next = Outgoing::new("GET", "");
            continue;
        }
        let form = match (submit && !visit.submitted && method == "GET" && response.status < 300, page_of(response)) {
            (true, Some(page)) => html::only_form(page),
            _ => None,
        };
        let Some(form) = form else {
            return VisitEnd::Page;
        };
        let Ok(mut action) = at.join(&form.action) else {
            return VisitEnd::Page;
        };
        let encoded: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        if form.post {
            next = Outgoing::new("POST", "").header("content-type", "application/x-www-form-urlencoded");
            next.body = Some(encoded.into_bytes());
        } else {
            action.set_query(Some(&encoded));
            next = Outgoing::new("GET", "");
        }
        visit.submitted = true;
        at = action;
    }
}

/// Asks for a page if it is on the target, or on the identity server.
async fn ask(client: &Client, context: &Context, at: &Url, mut outgoing: Outgoing) -> Option<Exchange> {
    match context.origins.to_reachable(at) {
        Some(reached) => {
            outgoing.url = reached.url.into();
            outgoing.forwarded = reached.forwarded;
        }
        // The identity server is the harness's own: its links lead nowhere else.
        None if identity::is_at(context, at) => outgoing.url = at.as_str().to_owned(),
        None => return None,
    }
    outgoing = outgoing.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    Some(client.send(outgoing).await)
}

fn location(response: &Response) -> Option<&str> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    response.header("location")
}

/// The page, if the answer is one.
fn page_of(response: &Response) -> Option<&str> {
    let is_html = response.header("content-type").is_none_or(|kind| kind.to_ascii_lowercase().contains("html"));
    if is_html { response.body.text.as_deref() } else { None }
}
