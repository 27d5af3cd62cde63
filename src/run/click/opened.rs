//! A page opened in a browser, where plain HTTP could not tell how a person would go on.
//!
//! Takes a visit that ended undecided; gives it as the browser ended it, or as it was with what a browser would need. The
//! pages that were asked for already are not asked for again: a link may be good once. What the browser asks for is
//! asked by the harness's client, of the target alone, within the same limits and with the same cookies.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use url::Url;

use super::{Cookies, Manner, Visitor, charset, pages, reach, send};
use crate::browser::{Answered, Answers, Ended, Kind, Opened, Opening, Wanted};
use crate::run::context::Context;
use threepid_record::model::{Body, Browsed, Exchange, Stop, Visit, VisitEnd};
use threepid_wire::http::{Client, Outgoing};

impl Visitor<'_> {
    /// Opens a page in a browser, if there is one.
    pub(super) async fn open_in_browser(
        &mut self,
        visit: &mut Visit,
        what: &str,
        manner: Manner<'_>,
    ) -> Result<(), Stop> {
        let Ok(link) = Url::parse(&visit.link) else { return Ok(()) };
        // A captcha is there to keep this out.
        if what == pages::CAPTCHA {
            return Ok(());
        }
        let browser = &self.context.browser;
        if let Some(missing) = browser.missing() {
            visit.end = VisitEnd::Undecided(format!("{what}; a browser could tell, but {missing}"));
            return Ok(());
        }
        let proofs = proofs(&link);
        let answers = Arc::new(Target {
            client: self.client.clone(),
            context: self.context.clone(),
            cookies: self.cookies.clone(),
            limited_is_expected: manner.limited_is_expected,
            kept: Mutex::new(Kept { before: std::mem::take(&mut self.raw).into(), ..Kept::default() }),
        });
        let opening = Opening {
            link,
            proofs,
            limit: self.context.http.request_timeout,
            answers: Arc::clone(&answers) as Arc<dyn Answers>,
        };
        let opened = browser.open(opening).await;
        let mut kept = answers.kept();
        self.limited.append(&mut kept.limited);
        if let Some(stop) = kept.stop.take() {
            return Err(stop);
        }
        match opened {
            Ok(opened) => take_over(visit, what, opened),
            Err(fault) => {
                visit.end =
                    VisitEnd::Undecided(format!("{what}; a browser could tell, but it could not be used: {fault}"));
            }
        }
        Ok(())
    }
}

/// What the link carries, as it may stand in an address or in a form.
fn proofs(link: &Url) -> Vec<String> {
    let mut carried = link.clone();
    if pages::carries_fragment(link) {
        let fragment = link.fragment().unwrap_or_default();
        let query = fragment.split_once('?').map_or(fragment, |(_, query)| query);
        carried.set_query(Some(&[link.query().unwrap_or_default(), query].join("&")));
    }
    let written = pages::proofs(&carried);
    let plain =
        url::form_urlencoded::parse(written.join("&").as_bytes()).map(|(value, _)| value.into_owned()).collect();
    let mut proofs: Vec<String> = [written, plain].concat();
    proofs.sort();
    proofs.dedup();
    proofs
}

/// Puts what the browser did into the visit.
fn take_over(visit: &mut Visit, what: &str, opened: Opened) {
    let Opened { browser, seen, pressed, ended, text } = opened;
    let last = visit.hops.len().saturating_sub(1);
    let (mut page, mut answer) = (last, last);
    for mut one in seen {
        let failed = one.exchange.failure.is_some();
        let changes = !matches!(one.exchange.request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        match one.kind {
            // What changes nothing but the looks is no part of what was done.
            Kind::Looks if !failed => continue,
            Kind::Page => (page, answer) = (visit.hops.len(), visit.hops.len()),
            Kind::Data if one.proof || changes => answer = visit.hops.len(),
            Kind::Script => leave_out(&mut one.exchange),
            _ => {}
        }
        visit.submitted |= changes && (one.proof || !pressed.is_empty());
        let _ = one.exchange.response.as_mut().map(charset::decode);
        visit.hops.push(one.exchange);
    }
    visit.submitted |= !pressed.is_empty();
    visit.text = text;
    let found = |shown: &str| format!("{what}; in a browser it {shown}");
    visit.end = match ended {
        _ if visit.hops.iter().any(|hop| hop.failure.is_some()) => VisitEnd::Failed,
        Ended::Page => VisitEnd::Page,
        Ended::Left(to) => VisitEnd::Redirect(to),
        Ended::Undecided(shown) => VisitEnd::Undecided(found(&shown)),
    };
    visit.browsed = Some(Browsed { browser, because: what.to_owned(), pressed, page, answer });
}

/// A program is no part of what a server says.
fn leave_out(exchange: &mut Exchange) {
    if let Some(response) = exchange.response.as_mut().filter(|_| exchange.failure.is_none()) {
        let size_bytes = response.body.size_bytes;
        response.body =
            Body { text: Some("(a script, left out by threepid)".to_owned()), size_bytes, ..Body::default() };
    }
}

/// The target, as a browser's proxy asks it.
struct Target {
    client: Client,
    context: Context,
    cookies: Cookies,
    limited_is_expected: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// What plain HTTP was answered, until the browser has asked for it.
    before: VecDeque<Exchange>,
    limited: Vec<(Instant, Exchange)>,
    stop: Option<Stop>,
}

impl Target {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answered(&self, wanted: &Wanted) -> Answered {
        let mut outgoing = Outgoing::new(&wanted.method, "");
        outgoing.headers = wanted.headers.iter().filter(|(name, _)| name != "cookie").cloned().collect();
        outgoing.body = Some(wanted.body.clone()).filter(|body| !body.is_empty());
        let own = wanted.headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| value.as_str());
        if let Some(cookies) = together(own, self.cookies.of(&wanted.url)) {
            outgoing = outgoing.header("cookie", &cookies);
        }
        let Some(outgoing) = reach(&self.context, &wanted.url, outgoing) else {
            return Answered::Elsewhere;
        };
        if let Some(exchange) = self.before(wanted, &outgoing) {
            return Answered::Before(Box::new(exchange));
        }
        let mut limited = Vec::new();
        let sent = send(&self.client, &self.context, outgoing, self.limited_is_expected, &mut limited).await;
        let mut kept = self.kept();
        kept.limited.append(&mut limited);
        match sent {
            Ok(exchange) => {
                exchange.response.iter().for_each(|response| self.cookies.keep(&wanted.url, response));
                Answered::Asked(Box::new(exchange))
            }
            Err(stop) => {
                kept.stop.get_or_insert(stop);
                Answered::Nothing
            }
        }
    }

    /// The answer that plain HTTP got to the same, once, and in the same order.
    fn before(&self, wanted: &Wanted, outgoing: &Outgoing) -> Option<Exchange> {
        let mut asked = Url::parse(&outgoing.url).ok()?;
        asked.set_fragment(None);
        let mut kept = self.kept();
        let first = &kept.before.front()?.request;
        let mut known = Url::parse(&first.url).ok()?;
        known.set_fragment(None);
        let same = first.method == wanted.method && known == asked;
        if same { kept.before.pop_front() } else { None }
    }
}

impl Answers for Target {
    fn answer<'a>(&'a self, wanted: &'a Wanted) -> Pin<Box<dyn Future<Output = Answered> + Send + 'a>> {
        Box::pin(self.answered(wanted))
    }
}

/// The cookies of the browser, and those of earlier visits that it does not have.
fn together(own: Option<&str>, earlier: Option<String>) -> Option<String> {
    let name = |cookie: &str| cookie.split('=').next().unwrap_or_default().trim().to_owned();
    let own: Vec<&str> = own.into_iter().flat_map(|own| own.split("; ")).collect();
    let earlier = earlier.unwrap_or_default();
    let more = earlier.split("; ").filter(|it| !it.is_empty() && !own.iter().any(|one| name(one) == name(it)));
    let all: Vec<&str> = own.iter().copied().chain(more).collect();
    Some(all.join("; ")).filter(|all| !all.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_known_however_it_is_written() {
        let proofs = proofs(&"http://hs/?sid=S%2FD1234#/verify?token=TOKEN%2B123".parse().unwrap());
        assert_eq!(proofs, ["S%2FD1234", "S/D1234", "TOKEN%2B123", "TOKEN+123"]);
    }

    #[test]
    fn a_browser_has_the_cookies_of_earlier_visits() {
        assert_eq!(together(Some("a=1; b=2"), Some("b=3; c=4".to_owned())).as_deref(), Some("a=1; b=2; c=4"));
        assert_eq!(together(None, Some("c=4".to_owned())).as_deref(), Some("c=4"));
        assert_eq!(together(None, None), None);
    }
}
