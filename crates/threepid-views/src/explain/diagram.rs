//! A scenario as a sequence diagram in Mermaid's notation.

use super::markup::{without_marks, written};
use threepid_engine::scenario::{Action, Case, Request, Sender, Step};
use threepid_record::model::{Entry, TrialRecord};

/// How long a label may become, in characters.
const MOST_CHARS: usize = 70;

/// The diagram. With a record the answers are those that came.
pub(super) fn diagram(case: &Case, trial: Option<&TrialRecord>) -> String {
    let uses = |test: fn(&Action) -> bool| case.steps.iter().any(|step| test(&step.action));
    let identity = uses(|action| match action {
        Action::IdentityAsked(_) | Action::IdentityDoes(_) => true,
        Action::Request(request) => asks_identity(request),
        Action::Parallel(requests) => requests.iter().any(asks_identity),
        _ => false,
    });
    let mail = uses(|action| matches!(action, Action::Mail(_) | Action::NoMail(_) | Action::Sink(_)));
    let mut lines = vec!["sequenceDiagram".to_owned(), "    participant C as Client".to_owned()];
    lines.push("    participant H as Homeserver".to_owned());
    if mail {
        lines.push("    participant M as Mailbox".to_owned());
    }
    if identity {
        lines.push("    participant I as Identity server".to_owned());
    }
    for (index, step) in case.steps.iter().enumerate() {
        let entries: Vec<&Entry> = trial
            .iter()
            .flat_map(|trial| &trial.transcript.entries)
            .filter(|entry| entry.step == Some(index))
            .collect();
        // What was not done is not drawn.
        if trial.is_some() && entries.is_empty() {
            continue;
        }
        lines.extend(drawn(step, &entries).into_iter().map(|line| format!("    {line}")));
    }
    format!("```mermaid\n{}\n```\n", lines.join("\n"))
}

fn drawn(step: &Step, entries: &[&Entry]) -> Vec<String> {
    match &step.action {
        Action::Request(request) => exchange(request, entries),
        Action::Parallel(requests) => {
            let mut lines = vec!["par at once".to_owned()];
            for (index, request) in requests.iter().enumerate() {
                if index > 0 {
                    lines.push("and".to_owned());
                }
                lines.extend(exchange(request, &[]));
            }
            lines.push("end".to_owned());
            lines
        }
        Action::Mail(wait) => vec![format!("H-)M: mail to {}", label(&written(&wait.to)))],
        Action::NoMail(quiet) => vec![format!("Note over M: no mail to {}", label(&written(&quiet.to)))],
        Action::Click(click) => {
            let kind = if click.method == "HEAD" { "a scanner looks at the link" } else { "the link is followed" };
            vec![format!("C->>H: {kind}"), format!("H-->>C: {}", answer(entries).unwrap_or("a page".to_owned()))]
        }
        Action::Pause(time) => vec![format!("Note over C,H: {time:?} pass")],
        Action::Sink(order) => vec![format!("Note over M: mail to {} is not taken", label(&written(&order.to)))],
        Action::RepeatResult(_) => vec!["Note over C,H: repeated until it ends as it should".to_owned()],
        Action::Skip(_) => Vec::new(),
        Action::IdentityAsked(asked) => vec![format!("H->>I: {}", label(&written(&asked.path)))],
        Action::IdentityDoes(told) => vec![format!("Note over I: misbehaves at {}", label(&written(&told.path)))],
        _ => vec![format!("Note over C,H: {}", label(&without_marks(&step.label)))],
    }
}

fn exchange(request: &Request, entries: &[&Entry]) -> Vec<String> {
    let who = match &request.sender {
        Sender::Actor(name, _) => format!("{} - ", label(name)),
        Sender::Nobody => String::new(),
    };
    let to = if asks_identity(request) { "I" } else { "H" };
    let asked = format!("C->>{to}: {who}{} {}", label(&request.method), label(&written(&request.path)));
    vec![asked, format!("{to}-->>C: {}", answer(entries).unwrap_or_else(|| "the answer".to_owned()))]
}

/// Whether a request goes to the identity server: its path is an address then, which begins with what stands for it.
pub(super) fn asks_identity(request: &Request) -> bool {
    written(&request.path).starts_with("<id_server_url>")
}

/// The status that came, with the error code if there is one.
fn answer(entries: &[&Entry]) -> Option<String> {
    let exchange = entries.iter().rev().find_map(|entry| entry.event.answer())?;
    let response = exchange.response.as_ref()?;
    let body: Option<serde_json::Value> = response.body.text.as_deref().and_then(|t| serde_json::from_str(t).ok());
    let code = body.as_ref().and_then(|body| body.get("errcode")).and_then(|code| code.as_str()).unwrap_or_default();
    Some(label(&format!("{} {code}", response.status)).trim().to_owned())
}

/// A text that means nothing to Mermaid.
fn label(text: &str) -> String {
    let safe: String =
        text.chars().filter(|c| c.is_alphanumeric() || " /_-.,()?=".contains(*c)).take(MOST_CHARS).collect();
    // `end` alone would end a block.
    if safe.trim() == "end" { "(end)".to_owned() } else { safe }
}
