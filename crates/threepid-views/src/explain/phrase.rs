//! What a step is about, in a sentence from the person's side.

use super::markup::{code, plain, written};
use crate::report::capital;
use threepid_engine::scenario::{
    AccountChange, Action, BodyTemplate, Change, IdentityAnswer, Request, Sender, Specification, Step, Template,
};
use threepid_record::model::MailFault;

/// The sentence for a step, without a full stop.
pub(super) fn sentence(specification: &Specification, step: &Step) -> String {
    match &step.action {
        Action::Request(request) if request.at_once > 1 => {
            format!("{} – {} times at once", request_sentence(specification, request), request.at_once)
        }
        Action::Request(request) => request_sentence(specification, request),
        Action::Parallel(requests) => format!("Several clients do something at once: {} requests", requests.len()),
        Action::Mail(wait) if wait.count == 1 => format!("A mail comes to {}", code(&written(&wait.to))),
        Action::Mail(wait) => format!("{} mails come to {}", wait.count, code(&written(&wait.to))),
        Action::NoMail(quiet) => format!("No mail comes to {}", code(&written(&quiet.to))),
        Action::Click(click) => {
            let mut text = if click.method == "HEAD" {
                "A mail scanner looks at the link, without following it".to_owned()
            } else if click.submit {
                "The person follows the link in a browser".to_owned()
            } else {
                "The link is fetched, and what it shows is not answered".to_owned()
            };
            for (name, change) in &click.changes {
                text.push_str(&match change {
                    Change::Altered => format!(", with its {} altered", plain(name)),
                    Change::Removed => format!(", without its {}", plain(name)),
                    Change::Value(value) => format!(", with {} as its {}", code(&written(value)), plain(name)),
                });
            }
            text
        }
        Action::Pause(time) => format!("Time passes: {time:?}"),
        Action::Sink(order) => {
            let does = match &order.fault {
                MailFault::RefuseRcpt { code, .. } => format!("refuses the recipient with {code}"),
                MailFault::RefuseData { code, .. } => format!("refuses the message with {code}"),
                MailFault::Stall(time) => format!("answers only after {time:?}"),
                MailFault::HangUp => "hangs up".to_owned(),
            };
            format!("The mail server of {} {does}", code(&written(&order.to)))
        }
        Action::RepeatResult(_) => "This is repeated until it ends as it should".to_owned(),
        Action::Skip(reason) => format!("Here it ends without a verdict: {}", plain(&written(reason))),
        Action::IdentityAsked(asked) => {
            format!("What the homeserver asked the identity server at {}", code(&written(&asked.path)))
        }
        Action::Administrator(step) => {
            format!("The account {} is {} by an administrator", code(&written(&step.account)), past(step.does))
        }
        Action::IdentityDoes(told) => {
            let does = match &told.does {
                IdentityAnswer::Answer { status, .. } => format!("answers {status}"),
                IdentityAnswer::Refuse => "closes the connection".to_owned(),
                IdentityAnswer::Stall(time) => format!("answers only after {time:?}"),
            };
            format!("From here the identity server {does} at {}", code(&written(&told.path)))
        }
    }
}

/// What an account is after an administrator did this to it.
fn past(change: AccountChange) -> &'static str {
    match change {
        AccountChange::Lock => "locked",
        AccountChange::Unlock => "unlocked",
        AccountChange::Suspend => "suspended",
        AccountChange::Unsuspend => "no longer suspended",
    }
}

fn request_sentence(specification: &Specification, request: &Request) -> String {
    let path = written(&request.path);
    let who = match &request.sender {
        Sender::Actor(name, _) => capital(&plain(name)),
        Sender::Nobody => "Somebody".to_owned(),
    };
    let told = specification.operation(&format!("{} {path}", request.method)).and_then(|operation| {
        let with_auth = operation.told_with_auth.as_ref().filter(|_| has_auth(request));
        with_auth.or(operation.told.as_ref())
    });
    match told {
        Some(sentence) => plain(sentence).replace("{who}", &who),
        None if path.contains("/_matrix/identity/") => "The client asks the identity server".to_owned(),
        None => format!("{who} sends {}", code(&format!("{} {path}", request.method))),
    }
}

/// Whether a request carries a stage of authentication.
pub(super) fn has_auth(request: &Request) -> bool {
    match &request.body {
        Some(BodyTemplate::Json(Template::Map(entries))) => entries.iter().any(|(key, _)| key == "auth"),
        _ => false,
    }
}
