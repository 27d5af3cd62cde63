//! What a step is about, in a sentence from the person's side.

use super::markup::{capital, code, plain, written};
use threepid_engine::scenario::{
    AccountChange, Action, BodyTemplate, Change, IdentityAnswer, Request, Sender, Step, Template,
};
use threepid_record::model::MailFault;

/// Method, end of the path, whether the body has `auth` (if that matters), and the sentence.
const REQUESTS: &[(&str, &str, Option<bool>, &str)] = &[
    ("POST", "/account/3pid/email/requestToken", None, "{who} enters an e-mail address; the client asks for a token"),
    ("POST", "/account/3pid/msisdn/requestToken", None, "{who} enters a phone number; the client asks for a token"),
    (
        "POST",
        "/account/3pid/add",
        Some(false),
        "{who} comes back to the client and continues; it asks to add the address",
    ),
    ("POST", "/account/3pid/add", Some(true), "{who} enters the password"),
    ("POST", "/account/3pid/bind", None, "{who} lets others find the account by the address"),
    ("POST", "/account/3pid/unbind", None, "{who} no longer lets others find the account by the address"),
    ("POST", "/account/3pid/delete", None, "{who} removes the address from the account"),
    ("GET", "/account/3pid", None, "The client looks which addresses are on the account"),
    ("POST", "/account/3pid", None, "The client adds the address by the operation that older clients use"),
    ("POST", "/register/email/requestToken", None, "Somebody without an account enters an e-mail address"),
    ("POST", "/register", Some(true), "The client proves what registration asks for"),
    ("POST", "/register", Some(false), "The client asks for an account"),
    ("POST", "/account/password/email/requestToken", None, "Somebody who forgot the password enters the address"),
    ("POST", "/account/password", Some(true), "The client sets a new password, with its proof"),
    ("POST", "/account/password", Some(false), "The client asks to set a new password"),
    ("POST", "/login", None, "{who} logs in"),
    ("GET", "/login", None, "The client looks how one can log in"),
    ("GET", "/capabilities", None, "The client looks what the homeserver allows"),
    ("GET", "/versions", None, "The client looks which versions the homeserver speaks"),
    ("GET", "/account/whoami", None, "The client looks whether the account is still logged in"),
];

/// The sentence for a step, without a full stop.
pub(super) fn sentence(step: &Step) -> String {
    match &step.action {
        Action::Request(request) if request.at_once > 1 => {
            format!("{} – {} times at once", request_sentence(request), request.at_once)
        }
        Action::Request(request) => request_sentence(request),
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
pub(super) fn past(change: AccountChange) -> &'static str {
    match change {
        AccountChange::Lock => "locked",
        AccountChange::Unlock => "unlocked",
        AccountChange::Suspend => "suspended",
        AccountChange::Unsuspend => "no longer suspended",
    }
}

fn request_sentence(request: &Request) -> String {
    let path = written(&request.path);
    let who = match &request.sender {
        Sender::Actor(name, _) => capital(&plain(name)),
        Sender::Nobody => "Somebody".to_owned(),
    };
    let known = REQUESTS.iter().find(|(method, end, auth, _)| {
        request.method == *method && path == *end && auth.is_none_or(|auth| auth == has_auth(request))
    });
    match known {
        Some((_, _, _, sentence)) => sentence.replace("{who}", &who),
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

/// The name of a flow, for a heading.
pub(super) fn flow(flow: &str) -> String {
    let known = match flow {
        "add-email" => "Adding an e-mail address to an account",
        "remove-email" => "Removing an e-mail address from an account",
        "list-emails" => "Listing the addresses of an account",
        "bind-email" => "Being found by an e-mail address",
        "reset-password" => "Setting a new password by e-mail",
        "register-with-email" => "Making an account with an e-mail address",
        "log-in-with-email" => "Logging in with an e-mail address",
        "password-stage" => "Proving who one is with the password",
        "validate-link" => "Following the link",
        "rate-limits" => "Asking too often",
        "phone-numbers" => "Phone numbers",
        "capabilities" => "Being allowed to change addresses",
        "api-versions" => "Versions of the interface",
        _ => return capital(&flow.replace(['-', '/'], " ")),
    };
    known.to_owned()
}
