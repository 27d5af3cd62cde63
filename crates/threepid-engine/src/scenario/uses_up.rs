//! Scenarios after which an account is of no use say so.
//!
//! Takes the steps of a scenario's cases and the actors under `uses_up`; notes each request that may lawfully deactivate an
//! account or change its password where nothing under `uses_up` says whose. A request that a `must` or a `security`
//! expectation wants refused is none: a correct server does not do it. It never looks at what a server answered.

use super::Case;
use super::diagnostic::Diagnostic;
use super::expectation::Check;
use super::node::Span;
use super::pattern::{Pattern, PatternKind};
use super::read::Reader;
use super::step::{BodyTemplate, Request, Sender, Step};
use super::template::Template;
use threepid_record::model::Level;

/// What makes an account useless, and what it does to the account.
const USING_UP: &[(&str, &str)] =
    &[("/account/deactivate", "deactivates an account"), ("/account/password", "changes a password")];

/// Checks all cases of a scenario.
pub(super) fn check(reader: &Reader<'_>, actors: &[(String, Span)], uses_up: &[(String, Span)], cases: &[Case]) {
    let mut said: Vec<&str> = uses_up.iter().map(|(actor, _)| actor.as_str()).collect();
    for case in cases {
        for (index, step) in case.steps.iter().enumerate().filter(|(_, step)| may_succeed(step)) {
            for request in step.action.requests() {
                let Some(does) = using_up(request) else { continue };
                let missing = match &request.sender {
                    Sender::Actor(name, _) => Some(name.as_str()).filter(|name| !said.contains(name)),
                    // Whose account it is, the mailbox alone knows.
                    Sender::Nobody if said.is_empty() => actors.first().map(|(name, _)| name.as_str()),
                    Sender::Nobody => None,
                };
                let Some(actor) = missing.filter(|_| !case.steps[index..].iter().any(old_password_is_good)) else {
                    continue;
                };
                said.push(actor);
                reader.fault(
                    Diagnostic::new(step.span, "uses-up", format!("this {does}, and `uses_up` does not say so"))
                        .label("the account is of no use afterwards")
                        .help(format!("add `uses_up: [{actor}]`, so that nobody's own account is taken for it")),
                );
            }
        }
    }
}

/// What a request does to an account, if it makes it useless.
fn using_up(request: &Request) -> Option<&'static str> {
    let path = request.path.as_literal().filter(|_| request.method == "POST")?;
    // Who neither is logged in nor proves anything names no account.
    let by_nobody = request.sender == Sender::Nobody && request.token.is_none() && !authenticates(request);
    USING_UP.iter().find(|(operation, _)| path.ends_with(operation) && !by_nobody).map(|(_, does)| *does)
}

fn authenticates(request: &Request) -> bool {
    match &request.body {
        Some(BodyTemplate::Json(Template::Map(entries))) => entries.iter().any(|(key, _)| key == "auth"),
        Some(BodyTemplate::Json(_)) | None => false,
        Some(BodyTemplate::Raw(text)) => text.written().contains("\"auth\""),
    }
}

/// Whether a step demands that an actor's password still logs in: then it was not to be changed before.
fn old_password_is_good(step: &Step) -> bool {
    let logs_in = step.action.requests().iter().any(|request| {
        let path = request.path.as_literal().filter(|_| request.method == "POST");
        path.is_some_and(|path| path.ends_with("/login"))
    });
    let mut old = false;
    step.action.each_text(&mut |text| {
        old |=
            text.placeholders().any(|placeholder| placeholder.of_actor().is_some_and(|(_, fact)| fact == "password"));
    });
    logs_in && old && bound(step).any(|check| !outcome_admits(&check.pattern, 403)) && may_succeed(step)
}

/// Whether a correct server may do what the step asks for.
fn may_succeed(step: &Step) -> bool {
    bound(step).all(|check| {
        let chosen = check.one_of.is_empty() || check.one_of.iter().any(|one| outcome_admits(&one.pattern, 200));
        chosen && outcome_admits(&check.pattern, 200)
    })
}

/// What every correct server does.
fn bound(step: &Step) -> impl Iterator<Item = &Check> {
    step.checks.iter().filter(|check| matches!(check.level, Level::Must | Level::Security))
}

/// Whether an answer with this status can look like this.
fn outcome_admits(outcome: &Pattern, code: u16) -> bool {
    let PatternKind::Object { fields, .. } = &outcome.kind else { return true };
    fields.iter().filter(|(name, _)| name == "status").all(|(_, status)| status_admits(status, code))
}

fn status_admits(status: &Pattern, code: u16) -> bool {
    match &status.kind {
        PatternKind::Literal(value) => *value == code,
        PatternKind::StatusClass(class) => *class == code / 100,
        PatternKind::AnyOf(any) => any.iter().any(|one| status_admits(one, code)),
        PatternKind::All(all) => all.iter().all(|one| status_admits(one, code)),
        PatternKind::Not(other) => !status_admits(other, code),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{SourceFile, Sources, Suite};

    fn faults(header: &str, step: &str) -> String {
        let text = format!(
            "title: t\nwhy: w\nactors: [alice, bob]\n{header}steps:\n  - GET: /account/3pid\n    as: bob\n  - GET: /x\n    as: \
             alice\n    must: {{status: 200}}\n  - {step}\n"
        );
        let file = SourceFile { path: "a/b.yaml".into(), text };
        Suite::read(Sources::of([file])).map_or_else(|(sources, faults)| faults.lines(&sources), |_| String::new())
    }

    #[test]
    fn what_makes_an_account_useless_has_to_be_said() {
        let deactivates = "POST: /account/deactivate\n    as: bob\n    body: {}\n    convention: {status: 4xx}";
        let shown = faults("", deactivates);
        for part in ["this deactivates an account", "uses_up: [bob]"] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
        assert!(faults("uses_up: [alice]\n", deactivates).contains("uses_up: [bob]"), "it is bob's account");
        assert_eq!(faults("uses_up: [bob]\n", deactivates), "");

        let resets =
            "POST: /account/password\n    body: {new_password: '<new: password>', auth: {}}\n    must: {status: 200}";
        assert!(faults("", resets).contains("this changes a password"));
        assert_eq!(faults("uses_up: [alice]\n", resets), "");
        let names_nobody =
            "POST: /account/password\n    body: {new_password: '<new: password>'}\n    should: {status: 4xx}";
        assert_eq!(faults("", names_nobody), "");
    }

    #[test]
    fn what_has_to_be_refused_makes_no_account_useless() {
        for refused in [
            "must: {status: [400, 403]}",
            "security: {status: [4xx, 5xx]}",
            "must: {one_of: {asked: {status: 401}, refused: {status: 4xx}}}",
        ] {
            let step = format!("POST: /account/deactivate\n    as: bob\n    {refused}");
            assert_eq!(faults("", &step), "", "{refused}");
        }
        for lawful in ["must: {one_of: {refused: {status: 4xx}, done: {status: 200}}}", "should: {status: 4xx}"] {
            let step = format!("POST: /account/deactivate\n    as: bob\n    {lawful}");
            assert_ne!(faults("", &step), "", "{lawful}");
        }
        let then_logs_in = |status: u16| {
            format!(
                "POST: /account/password\n    body: {{auth: {{}}}}\n    convention: {{status: 4xx}}\n  - POST: /login\n    body: \
                 {{password: <alice.password>}}\n    security: {{status: {status}}}"
            )
        };
        assert_eq!(faults("", &then_logs_in(200)), "", "the old password has to be good");
        assert_ne!(faults("", &then_logs_in(403)), "");
        assert_eq!(faults("", "POST: /account/password/email/requestToken\n    must: {status: 200}"), "");
        assert_eq!(faults("", "GET: /account/password\n    must: {status: 405}"), "");
    }
}
