//! The identity server's part in a trial: its name, what it was asked, how it is told to misbehave.

use url::Url;

use super::context::Context;
use super::stop::{impossible, unbound};
use crate::identity::{Behaviour, IdentityServer, Matcher};
use threepid_engine::matching::Values;
use threepid_engine::plan::Trial;
use threepid_engine::scenario::{BodyTemplate, IDENTITY_SERVER, IdentityAnswer, IdentityAsked, IdentityDoes, Text};
use threepid_record::model::{Instruction, RequestLogQuery, Stop};

/// The value that has the identity server's URL.
pub(super) const URL: &str = "id_server_url";
/// The value that has the identity server's name.
const NAME: &str = "id_server";
/// What relative paths are below.
const V2: &str = "/_matrix/identity/v2";

/// The values that a trial has of it, if it needs one and there is one.
pub(super) fn values(trial: &Trial, context: &Context) -> Vec<(&'static str, String)> {
    let needed = trial.scenario().needs.iter().any(|need| need == IDENTITY_SERVER);
    let server = context.identity.as_ref().filter(|_| needed);
    server.map(|server| vec![(NAME, server.name().to_owned()), (URL, server.url())]).unwrap_or_default()
}

/// Where its links lead.
pub(super) fn origin(context: &Context) -> Option<Url> {
    Url::parse(&context.identity.as_ref()?.url()).ok()
}

/// Whether an address is on it.
pub(super) fn is_at(context: &Context, at: &Url) -> bool {
    origin(context).is_some_and(|own| own.origin() == at.origin())
}

/// Looks at what it was asked.
pub(super) fn asked(asked: &IdentityAsked, values: &Values, context: &Context) -> Result<RequestLogQuery, Stop> {
    let matcher = matcher(&asked.path, &asked.about, values)?;
    let requests = server(context)?.asked(&matcher);
    Ok(RequestLogQuery { path: matcher.path, about: matcher.about, requests })
}

/// Tells it to misbehave.
pub(super) fn does(does: &IdentityDoes, values: &Values, context: &Context) -> Result<Instruction, Stop> {
    let matcher = matcher(&does.path, &does.about, values)?;
    let (behaviour, words) = match &does.does {
        IdentityAnswer::Refuse => (Behaviour::Refuse, "closes the connection".to_owned()),
        IdentityAnswer::Stall(time) => (Behaviour::Stall(*time), format!("waits {time:?} before it answers")),
        IdentityAnswer::Answer { status, body } => {
            let (content_type, body) = match body {
                None => ("text/plain; charset=utf-8", String::new()),
                Some(BodyTemplate::Raw(text)) => {
                    ("text/plain; charset=utf-8", values.fill_text(text).map_err(unbound)?)
                }
                Some(BodyTemplate::Json(template)) => {
                    ("application/json", values.fill(template).map_err(unbound)?.to_string())
                }
            };
            let words = format!("answers {status} {body}");
            (Behaviour::Answer { status: *status, content_type: content_type.to_owned(), body }, words)
        }
    };
    let instruction = Instruction { path: matcher.path.clone(), about: matcher.about.clone(), does: words };
    server(context)?.behave(matcher, behaviour);
    Ok(instruction)
}

/// Lets it do what is right again about all of these.
pub(super) fn calm(about: &[String], context: &Context) {
    if let Some(server) = &context.identity {
        about.iter().for_each(|about| server.calm(about));
    }
}

fn server(context: &Context) -> Result<&IdentityServer, Stop> {
    let none = || impossible("no identity server of the harness was started for this target".to_owned());
    context.identity.as_deref().ok_or_else(none)
}

fn matcher(path: &Text, about: &Text, values: &Values) -> Result<Matcher, Stop> {
    let path = values.fill_text(path).map_err(unbound)?;
    let path = if path.starts_with("/_") || path == "*" { path } else { format!("{V2}{path}") };
    Ok(Matcher { path, about: values.fill_text(about).map_err(unbound)? })
}
