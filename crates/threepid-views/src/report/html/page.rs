//! The document around the content of every page, and the form that filters it.
//!
//! Takes content; gives a whole document with its style, its script, and the policy that lets only these run, or writes one
//! piece by piece. It never looks at a verdict.

use std::collections::HashSet;
use std::io::{self, Write};

use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};
use threepid_record::model::{Level, TrialRecord};

use super::super::phrases;
use super::code::line;
use super::parts::{OUTCOMES, class};

pub(super) const STYLE: &str = include_str!("style.css");

pub(super) const SCRIPT: &str = include_str!("script.js");

/// What a part of a page is put in place of.
pub(super) const INSIDE: PreEscaped<&str> = PreEscaped("<!---->");

/// Writes what is around [`INSIDE`], and between that what `inside` writes: so a page need not be held in memory.
pub(super) fn around<W: Write>(
    page: &mut W,
    frame: Markup,
    inside: impl FnOnce(&mut W) -> io::Result<()>,
) -> io::Result<()> {
    let frame = frame.into_string();
    let (before, after) = frame.split_once(INSIDE.0).unwrap_or((&frame, ""));
    page.write_all(before.as_bytes())?;
    inside(page)?;
    page.write_all(after.as_bytes())
}

/// The form that the script filters by. It is there only where the script is.
pub(super) fn filters<'t>(
    trials: impl IntoIterator<Item = &'t TrialRecord>,
    flows: &[&str],
    kinds: &[(&str, &str)],
) -> Markup {
    let (mut outcomes, mut levels) = (HashSet::new(), HashSet::new());
    for trial in trials {
        outcomes.insert(trial.outcome);
        levels.insert(trial.level);
    }
    let chip = |name: &str, value: &str, label: &str| {
        html! { label.chip { input type="checkbox" name=(name) value=(value); span { (label) } } }
    };
    html! {
        div.controls {
            form #filters hidden role="search" aria-label="Filter" {
                input type="search" name="text" placeholder="Find in names, bodies, mails …" aria-label="Text"
                    autocomplete="off" spellcheck="false";
                fieldset.chips {
                    legend { "Outcome" }
                    @for outcome in OUTCOMES.into_iter().filter(|o| outcomes.contains(o)) {
                        (chip("outcome", class(outcome), &phrases::outcome(outcome).0.to_lowercase()))
                    }
                }
                fieldset.chips {
                    legend { "Level" }
                    @for level in Level::ALL.into_iter().filter(|l| levels.contains(l)) {
                        (chip("level", level.word(), level.word()))
                    }
                }
                @if !kinds.is_empty() {
                    fieldset.chips {
                        legend { "Difference" }
                        @for (kind, label) in kinds { (chip("kind", kind, label)) }
                    }
                }
                select name="flow" aria-label="Flow" {
                    option value="" { "all flows" }
                    @for flow in flows { option value=(flow) { (line(flow)) } }
                }
                span.shown #shown role="status" {}
                button.plain #reset type="button" { "Show all" }
            }
        }
    }
}

/// The whole document around its content.
pub(super) fn page(title: &str, content: &Markup) -> Markup {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        hash(SCRIPT),
        hash(STYLE)
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (line(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.jump href="#trials" { "Skip to the trials" }
                (content)
                footer.wrap {
                    p {
                        "Made by threepid. Secrets are replaced by " mark { "REDACTED-…" }
                        "; the same secret has the same number throughout a trial."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// The hash by which a content security policy knows an inline script or style.
pub(super) fn hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(digest(&SHA256, text.as_bytes())))
}
