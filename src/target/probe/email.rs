//! Whether the target sends mail, and whether that mail arrives: one token is requested for a fresh address.
//!
//! It is measured how long the mail takes, for whoever has to wait until none can come any more.
//!
//! Homeservers without mail refuse in many ways. All that are known count as "not offered", so that their scenarios
//! are skipped. An answer that promises mail and is wrong (200 without a `sid`) counts as offered: the scenarios about it say
//! what is wrong. Anything else is an error, for it may hide a mistake in the set-up.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use threepid_record::model::{Ability, Account, Exchange, Mail};

use super::super::error::{EMAIL, TargetError};
use super::super::patience::{errcode, in_short, json as body_of};
use super::abilities::ability;
use super::asking::{Asking, plain};
use super::mail::ProbeMail;

const PATH: &str = "/account/3pid/email/requestToken";

/// What a target without mail is declared as.
const NO_MAIL: &str = "no-mail";

/// The codes with which servers say that they send no mail, or none for this purpose.
const REFUSALS: [&str; 6] = [
    "M_THREEPID_MEDIUM_NOT_SUPPORTED",
    "M_THREEPID_DENIED",
    "M_FORBIDDEN",
    "M_UNRECOGNIZED",
    "M_THREEPID_NOT_FOUND",
    "M_SERVER_NOT_TRUSTED",
];

/// A delay that a person should know of.
const WORTH_TELLING: Duration = Duration::from_millis(100);

enum Answer {
    Sent,
    NotOffered,
    /// Mail is promised in a way that no client understands: no mail is waited for.
    Wrong,
    Unclear,
}

pub(super) async fn probe(
    asking: &mut Asking<'_>,
    account: &Account,
    mail: &dyn ProbeMail,
) -> Result<(Ability, Duration), TargetError> {
    if asking.options.offers.iter().any(|name| name == NO_MAIL) {
        // What such a server answers is for its scenarios; a wrong promise of mail must not end the run before them.
        let reason = "the target is declared to be without mail".to_owned();
        return Ok((ability("email", false, reason), Duration::ZERO));
    }
    let chance: u64 = crate::random::number();
    let address = format!("probe-{chance:016x}@{}", asking.options.mail_domain);
    // Watched from before the request: the mail may be there before the answer is.
    let mut mailbox = mail.open(&address);
    let body = json!({"client_secret": format!("probe{chance:016x}"), "email": address, "send_attempt": 1});
    let exchange = asking.send("POST", PATH, Some(&body), Some(account)).await;
    match classify(&exchange) {
        Answer::NotOffered => {
            let reason = format!("requestToken answered {}", in_short(&exchange));
            return Ok((ability("email", false, reason), Duration::ZERO));
        }
        Answer::Wrong => {
            let reason =
                "requestToken answered 200 without a sid, so no mail was waited for; trials show what is wrong";
            return Ok((ability("email", true, reason.to_owned()), Duration::ZERO));
        }
        Answer::Unclear => {
            let settings = asking.options.mail_hint.as_ref().map(|hint| format!(", {hint}")).unwrap_or_default();
            let limited = exchange.response.as_ref().is_some_and(|response| response.status == 429);
            // Whoever found the sink has its address right, and a limit says nothing about mail.
            let hint = match unsent(asking, mail) {
                _ if limited => "a run asks for hundreds of mails: lift its limits for it".to_owned(),
                Some(unsent) => unsent,
                None => format!("its SMTP server should be {}{settings}", mail.listens_on()),
            };
            return Err(TargetError::ProbeFailed {
                what: EMAIL.to_owned(),
                asked: format!("POST {PATH}"),
                answer: in_short(&exchange),
                hint: Some(hint),
            });
        }
        Answer::Sent => {}
    }
    let waited = asking.options.mail_timeout;
    let answered_at = Instant::now();
    let Some(received) = mailbox.first(Instant::now() + waited).await else {
        if let Some(reply) = mailbox.refused() {
            return Err(TargetError::MailRefused { address, reply });
        }
        return Err(TargetError::MailNeverArrived {
            address,
            waited,
            sink: mail.listens_on(),
            strays: mail.strays(),
            unsent: unsent(asking, mail).map(String::into_boxed_str),
            hint: asking.options.mail_hint.as_deref().map(Box::from),
        });
    };
    let delay = answered_at.elapsed();
    asking.options.watch.note(|found| (found.mail, found.mail_delay) = (Some(received.clone()), delay));
    check_link(asking, &received)?;
    let late = match delay {
        delay if delay < WORTH_TELLING => String::new(),
        delay => format!(" {:.1} s later", delay.as_secs_f64()),
    };
    Ok((ability("email", true, format!("requestToken answered 200, and its mail arrived{late}")), delay))
}

fn classify(exchange: &Exchange) -> Answer {
    let Some(response) = exchange.response.as_ref().filter(|_| exchange.failure.is_none()) else {
        return Answer::Unclear;
    };
    match (response.status, errcode(response)) {
        // A sid that is none (a number, say) promises mail all the same: what is wrong with it is for scenarios to say.
        (200, _) => match body_of(response).as_ref().and_then(|body| body.get("sid")) {
            None | Some(Value::Null) => Answer::Wrong,
            Some(Value::String(sid)) if sid.is_empty() => Answer::Wrong,
            Some(_) => Answer::Sent,
        },
        (400..=499, Some(code)) if REFUSALS.contains(&code.as_str()) => Answer::NotOffered,
        (404 | 405, None) => Answer::NotOffered,
        _ => Answer::Unclear,
    }
}

/// Which mail client came to the sink and sent nothing, in words.
fn unsent(asking: &Asking<'_>, mail: &dyn ProbeMail) -> Option<String> {
    let unsent = mail.unsent()?;
    asking.options.watch.note(|found| found.sink_was_reached = true);
    Some(unsent)
}

/// A mail without any web link is no matter of the set-up: scenarios will say what they think of it.
fn check_link(asking: &Asking<'_>, mail: &Mail) -> Result<(), TargetError> {
    let origins = &asking.options.origins;
    let links: Vec<Url> = mail
        .links
        .iter()
        .filter_map(|link| Url::parse(&link.url).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .collect();
    let bases: Vec<String> = origins.known().iter().map(|url| url.path().trim_end_matches('/').to_owned()).collect();
    let is_below = |url: &Url| base_path(url).is_none_or(|path| bases.iter().any(|base| base == path));
    let own = links.iter().any(|url| origins.to_reachable(url).is_some() && is_below(url));
    match links.first() {
        Some(first) if !own => Err(TargetError::PublicUrl {
            found: format!("{}{}", first.origin().ascii_serialization(), base_path(first).unwrap_or_default()),
            expected: origins.known().iter().map(plain).collect::<Vec<_>>().join(" or "),
        }),
        _ => Ok(()),
    }
}

/// Below which path a link to the API takes the server to be: `/matrix` of `https://h.test/matrix/_matrix/client/…`.
fn base_path(link: &Url) -> Option<&str> {
    link.path().find("/_matrix/client/").map(|at| &link.path()[..at])
}
