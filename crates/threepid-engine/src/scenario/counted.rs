//! What is expected of the number of mails, held against what a step can see.
//!
//! Takes the expectations of a step that waits for mail; notes those that cannot be met, and those that cannot fail. It
//! knows no mail.

use super::diagnostic::Diagnostic;
use super::expectation::Check;
use super::node::Span;
use super::pattern::{Pattern, PatternKind};
use super::read::Reader;

/// What an expectation says about the number of mails.
enum Counted<'p> {
    Number(&'p Pattern),
    /// A list of as many, or of at least as many.
    List(&'p Pattern, usize, bool),
}

impl<'p> Counted<'p> {
    fn of_list(pattern: &'p Pattern) -> Option<Counted<'p>> {
        match &pattern.kind {
            PatternKind::Length(number) => Some(Counted::Number(number)),
            PatternKind::Array { items, open } if !(*open && items.is_empty()) => {
                Some(Counted::List(pattern, items.len(), *open))
            }
            PatternKind::InAnyOrder(items) => Some(Counted::List(pattern, items.len(), false)),
            _ => None,
        }
    }

    fn span(&self) -> Span {
        match self {
            Counted::Number(pattern) | Counted::List(pattern, ..) => pattern.span,
        }
    }

    /// Whether it would hold; `None` where that is known only in a trial.
    fn holds(&self, count: usize) -> Option<bool> {
        match self {
            Counted::Number(pattern) => pattern.holds_for(count),
            Counted::List(_, len, open) => Some(if *open { count >= *len } else { count == *len }),
        }
    }
}

impl Reader<'_> {
    /// That what is expected of the number of mails can be so, and otherwise: a step takes no more than it waits for.
    pub(super) fn countable(&self, waits_for: usize, checks: &[Check]) {
        for check in checks {
            let PatternKind::Object { fields, .. } = &check.pattern.kind else {
                continue;
            };
            let counts = fields.iter().filter_map(|(name, pattern)| match name.as_str() {
                "count" => Some((name, Counted::Number(pattern))),
                "mails" => Some((name, Counted::of_list(pattern)?)),
                _ => None,
            });
            for (name, counted) in counts {
                let holds: Option<Vec<bool>> = (0..=waits_for).map(|count| counted.holds(count)).collect();
                let mails = if waits_for == 1 { "1 mail".to_owned() } else { format!("{waits_for} mails") };
                let fault = |said: &str| Diagnostic::new(counted.span(), "mail-count", said);
                match holds.as_deref() {
                    Some([.., false]) => self.fault(
                        fault(&format!("this step waits for {mails} and takes no more, so this is never so"))
                            .label("never so")
                            .help("`count` beside `mail:` says how many come; `no_mail` sees that none comes"),
                    ),
                    Some(holds) if holds.iter().all(|holds| *holds) => self.fault(
                        fault(&format!("`{name}` cannot be otherwise: this step takes at most {mails}"))
                            .label("always so")
                            .help("a `no_mail` after it says that no more came"),
                    ),
                    _ => {}
                }
            }
        }
    }
}
