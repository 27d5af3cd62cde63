//! A link followed as a browser would follow it.
//!
//! Takes a link; gives every exchange on the way and where it ended. The request is what a browser sends when a person
//! opens a link in a mail; redirects (HTTP, `Refresh`, `<meta>`) on the target are followed and those off it captured; a
//! form with one button is submitted. Nothing but the target and the harness's identity server is ever asked. Where a page
//! leaves open how a person would go on, nothing is chosen: a browser opens it if there is one, else the end says what
//! stands on the page.

mod charset;
mod cookies;
mod headers;
mod opened;
mod pages;
mod request;
mod submission;

use tokio::time::Instant;
use url::Url;

use super::context::Context;
use super::identity;
use super::rate_limit::Patience;
pub(super) use cookies::Cookies;
use headers::Journey;
use pages::Next;
use request::Request;
use threepid_record::html;
use threepid_record::model::{Exchange, Response, Stop, Visit, VisitEnd};
use threepid_wire::http::{Client, Outgoing};

/// After how many redirects a browser gives up (Fetch, HTTP-redirect fetch).
const MAX_REDIRECTS: usize = 20;

/// How a link is to be followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'m> {
    /// `GET`, or `HEAD` for what looks without opening.
    pub(super) method: &'m str,
    /// Whether a person is there, who goes on where the page asks to.
    pub(super) person: bool,
    /// Whether a 429 is an answer like any other.
    pub(super) limited_is_expected: bool,
}

/// Follows links for one trial: what a browser keeps between pages is kept.
pub(super) struct Visitor<'v> {
    pub(super) client: &'v Client,
    pub(super) context: &'v Context,
    pub(super) cookies: &'v Cookies,
    /// Answers that only asked to wait, with the time of each.
    pub(super) limited: Vec<(Instant, Exchange)>,
    /// The answers of a visit as they came, for a browser that opens its pages.
    pub(super) raw: Vec<Exchange>,
}

impl Visitor<'_> {
    /// Follows a link.
    ///
    /// # Errors
    ///
    /// A stop, if the target wants more waiting than is allowed.
    pub(super) async fn visit(&mut self, link: &str, manner: Manner<'_>) -> Result<Visit, Stop> {
        let mut visit = Visit {
            link: link.to_owned(),
            hops: Vec::new(),
            submitted: false,
            end: VisitEnd::Failed,
            text: String::new(),
            browsed: None,
        };
        visit.end = self.follow(&mut visit, manner).await?;
        if let VisitEnd::Undecided(what) = visit.end.clone() {
            self.open_in_browser(&mut visit, &what, manner).await?;
        }
        if visit.browsed.is_some() {
            return Ok(visit);
        }
        if let Some(page) = visit.hops.last().and_then(|hop| hop.response.as_ref()).and_then(page_of) {
            visit.text = html::text(page);
        }
        Ok(visit)
    }

    /// Submits a code where the answer to requestToken said, as a client does. `link` has the code and its session in its
    /// query.
    ///
    /// # Errors
    ///
    /// A stop, if the target wants more waiting than is allowed.
    pub(super) async fn submit_code(&mut self, link: &str, to: &Url, manner: Manner<'_>) -> Result<Visit, Stop> {
        let mut visit = Visit {
            link: link.to_owned(),
            hops: Vec::new(),
            submitted: true,
            end: VisitEnd::Failed,
            text: String::new(),
            browsed: None,
        };
        let request = submission::of_code(link, to);
        let Some(outgoing) = self.reach(&request.at, outgoing(&request)) else {
            visit.submitted = false;
            visit.end = VisitEnd::NotFollowed(format!("{} is not the target", to.origin().ascii_serialization()));
            return Ok(visit);
        };
        let exchange = self.send(outgoing, manner).await?;
        if exchange.failure.is_none() {
            visit.end = VisitEnd::Page;
            visit.text = exchange.response.as_ref().and_then(|it| it.body.text.clone()).unwrap_or_default();
        }
        visit.hops.push(exchange);
        Ok(visit)
    }

    async fn follow(&mut self, visit: &mut Visit, manner: Manner<'_>) -> Result<VisitEnd, Stop> {
        let Ok(start) = Url::parse(&visit.link) else {
            return Ok(VisitEnd::NotFollowed("it is not a URL".to_owned()));
        };
        let mut request = Request { method: manner.method.to_owned(), ..Request::get(start.clone()) };
        let mut journey = Journey::from_mail(manner.person);
        let mut redirects = 0;
        loop {
            let Some(mut exchange) = self.ask(&request, &journey, manner).await? else {
                return Ok(match visit.hops.is_empty() {
                    true => VisitEnd::NotFollowed(format!(
                        "{} is not the target",
                        request.at.origin().ascii_serialization()
                    )),
                    // A redirect or a form that leads away.
                    false => VisitEnd::Redirect(request.at.into()),
                });
            };
            if manner.person && self.context.browser.missing().is_none() {
                self.raw.push(exchange.clone());
            }
            let decoded = exchange.response.as_mut().map(charset::decode);
            visit.hops.push(exchange);
            let Some(hop) = visit.hops.last().filter(|hop| hop.failure.is_none()) else {
                return Ok(VisitEnd::Failed);
            };
            let (Some(response), Some(decoded)) = (&hop.response, decoded) else {
                return Ok(VisitEnd::Failed);
            };
            let location = location(response).map(str::to_owned);
            let status = response.status;
            if let Some(location) = location {
                redirects += 1;
                match request.at.join(&location) {
                    Ok(_) if redirects > MAX_REDIRECTS => {
                        return Ok(too_many_redirects());
                    }
                    Ok(to) if matches!(to.scheme(), "http" | "https") => {
                        journey.redirected(&request.at, &to);
                        request = redirected(request, to, status);
                    }
                    _ => return Ok(VisitEnd::Redirect(location)),
                }
                continue;
            }
            let next = match page_of(response).filter(|_| manner.person && manner.method == "GET" && status < 300) {
                Some(page) => pages::next(page, response, &request.at, &start, visit.submitted),
                None => Next::Stay,
            };
            match next {
                Next::Stay => return Ok(VisitEnd::Page),
                Next::Undecided(what) => return Ok(VisitEnd::Undecided(what)),
                Next::Refresh(to) => {
                    redirects += 1;
                    if redirects > MAX_REDIRECTS {
                        return Ok(too_many_redirects());
                    }
                    journey = Journey::from_page(&request.at, pages::policy(response), false);
                    request = Request::get(to);
                }
                Next::Submit { form, button, action } => {
                    journey = Journey::from_page(&request.at, pages::policy(response), true);
                    request = submission::of_form(&form, button.as_ref(), action, &decoded);
                    visit.submitted = true;
                }
            }
        }
    }

    /// Asks for a page if it is on the target, or on the identity server.
    async fn ask(
        &mut self,
        request: &Request,
        journey: &Journey,
        manner: Manner<'_>,
    ) -> Result<Option<Exchange>, Stop> {
        let mut outgoing = outgoing(request);
        outgoing.headers.extend(journey.headers(&request.method, &request.at));
        if let Some(cookies) = self.cookies.of(&request.at) {
            outgoing = outgoing.header("cookie", &cookies);
        }
        let Some(outgoing) = self.reach(&request.at, outgoing) else {
            return Ok(None);
        };
        let exchange = self.send(outgoing, manner).await?;
        exchange.response.iter().for_each(|response| self.cookies.keep(&request.at, response));
        Ok(Some(exchange))
    }

    fn reach(&self, at: &Url, outgoing: Outgoing) -> Option<Outgoing> {
        reach(self.context, at, outgoing)
    }

    async fn send(&mut self, outgoing: Outgoing, manner: Manner<'_>) -> Result<Exchange, Stop> {
        send(self.client, self.context, outgoing, manner.limited_is_expected, &mut self.limited).await
    }
}

/// Where a request really goes, if anywhere.
fn reach(context: &Context, at: &Url, mut outgoing: Outgoing) -> Option<Outgoing> {
    match context.origins.to_reachable(at) {
        Some(reached) => {
            outgoing.url = reached.url.into();
            outgoing.forwarded = reached.forwarded;
        }
        // The identity server is the harness's own: its links lead nowhere else.
        None if identity::is_at(context, at) => outgoing.url = at.as_str().to_owned(),
        None => return None,
    }
    Some(outgoing)
}

/// Sends, and waits where the target wants that.
async fn send(
    client: &Client,
    context: &Context,
    outgoing: Outgoing,
    limited_is_expected: bool,
    limited: &mut Vec<(Instant, Exchange)>,
) -> Result<Exchange, Stop> {
    let mut patience = Patience::new(context.limits.rate_limit);
    let mut before = 0;
    loop {
        let exchange = client.send(outgoing.clone()).await;
        let refused = exchange.response.as_ref().filter(|_| !limited_is_expected);
        match patience.wait(refused, before) {
            Ok(None) => return Ok(exchange),
            wait => {
                limited.push((Instant::now(), exchange));
                before += 1;
                // The target named this moment itself.
                tokio::time::sleep(wait?.unwrap_or_default()).await;
            }
        }
    }
}

fn outgoing(request: &Request) -> Outgoing {
    let mut outgoing = Outgoing::new(&request.method, "");
    if let Some(content_type) = &request.content_type {
        outgoing = outgoing.header("content-type", content_type);
    }
    outgoing.body.clone_from(&request.body);
    outgoing
}

/// What a browser shows as an error, and no page.
fn too_many_redirects() -> VisitEnd {
    VisitEnd::NotFollowed(format!("more than {MAX_REDIRECTS} redirects"))
}

/// The request that follows a redirect (Fetch, HTTP-redirect fetch): 307 and 308 repeat it, the others ask for a page.
fn redirected(request: Request, mut to: Url, status: u16) -> Request {
    if to.fragment().is_none() {
        to.set_fragment(request.at.fragment());
    }
    let becomes_get = match status {
        301 | 302 => request.method == "POST",
        303 => !matches!(request.method.as_str(), "GET" | "HEAD"),
        _ => false,
    };
    if becomes_get { Request::get(to) } else { Request { at: to, ..request } }
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
