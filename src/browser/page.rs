//! How a person would go on from a page that a browser shows.
//!
//! Takes what stands on the page, and what has happened so far; gives what to press, or why nothing is. It chooses only
//! where there is one thing to choose.

use serde::Deserialize;
use serde_json::Value;
use threepid_record::html;

/// Reads the page, in the page.
pub(super) const READ: &str = include_str!("page.js");
/// Runs before each page.
pub(super) const TIMERS: &str = include_str!("timers.js");
/// Waits until a page has loaded and has put nothing off.
pub(super) const REST: &str = "const done = arguments[arguments.length - 1], rest = window[Symbol.for('threepid.rest')];\n\
                               rest ? rest(done) : document.readyState === 'complete' ? done() : addEventListener('load', () => done());";

/// How often something is pressed on the way from page to page.
const MOST_PRESSES: usize = 3;

/// What stands on a page.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Page {
    /// What can be pressed.
    pub(super) controls: Vec<Control>,
    /// What a person would have to fill in.
    pub(super) asks: Vec<String>,
    /// How many frames show pages of the same server.
    pub(super) frames: usize,
    /// Its title and text.
    pub(super) text: String,
    /// All of it.
    pub(super) html: String,
}

/// Something to press.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Control {
    /// What stands on it.
    pub(super) label: String,
    /// Whether it hands on what the link carries.
    pub(super) carries: bool,
    /// The driver's name for it.
    pub(super) element: Value,
}

/// What has happened so far.
#[derive(Debug, Clone, Default)]
pub(super) struct SoFar {
    /// What was pressed.
    pub(super) pressed: Vec<String>,
    /// Whether a script or a form has sent on what the link carries, so that it can change something.
    pub(super) acted: bool,
    /// Whether the target was asked for anything since the last press, or since the page was there.
    pub(super) asked: bool,
    /// Whose scripts or data were refused.
    pub(super) refused: Vec<String>,
}

/// How to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// This is the last page.
    Stay,
    /// Press the control in this place.
    Press(usize),
    /// It cannot be told: what the browser shows.
    Undecided(String),
}

/// How to go on from a page.
pub(super) fn turn(page: &Page, so_far: &SoFar) -> Turn {
    if so_far.acted {
        return Turn::Stay;
    }
    if html::page(&page.html).has_captcha {
        return Turn::Undecided("asks for a proof that there is a person (a captcha)".to_owned());
    }
    // After the first press the page may be the one that says how it went: then only what hands the token on leads further.
    let first = so_far.pressed.is_empty();
    let choices: Vec<usize> = page
        .controls
        .iter()
        .enumerate()
        .filter(|(_, control)| first || control.carries && !so_far.pressed.contains(&control.label))
        .map(|(at, _)| at)
        .collect();
    let asks = !page.asks.is_empty() && (first || !choices.is_empty());
    match choices[..] {
        _ if asks => Turn::Undecided(format!("asks a person to fill in {}", names(&page.asks))),
        [] if !so_far.asked && !so_far.refused.is_empty() => {
            Turn::Undecided(format!("needs something from {}, which is not the target", names(&so_far.refused)))
        }
        [] if first && page.frames > 0 => {
            Turn::Undecided("shows nothing to press but in a frame of another page".to_owned())
        }
        [] => Turn::Stay,
        [_] if so_far.pressed.len() >= MOST_PRESSES => {
            Turn::Undecided(format!("still wants something pressed after {}", names(&so_far.pressed)))
        }
        [one] => Turn::Press(one),
        _ => {
            let labels: Vec<String> = choices.iter().map(|at| page.controls[*at].label.clone()).collect();
            Turn::Undecided(format!("shows {} things to press: {}", labels.len(), names(&labels)))
        }
    }
}

/// Names as they are shown, a few of them.
fn names(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(labels: &[&str]) -> Page {
        let controls = labels.iter().map(|label| Control {
            label: label.trim_start_matches('+').to_owned(),
            carries: label.starts_with('+'),
            ..Control::default()
        });
        Page { controls: controls.collect(), ..Page::default() }
    }

    fn pressed(labels: &[&str]) -> SoFar {
        SoFar { pressed: labels.iter().map(|label| (*label).to_owned()).collect(), asked: true, ..SoFar::default() }
    }

    fn undecided(turn: Turn) -> String {
        match turn {
            Turn::Undecided(what) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_only_button_is_pressed() {
        assert_eq!(turn(&page(&["Confirm"]), &SoFar::default()), Turn::Press(0));
        assert_eq!(turn(&page(&["+Yes"]), &SoFar::default()), Turn::Press(0));
        assert_eq!(turn(&page(&[]), &SoFar::default()), Turn::Stay);
        assert!(undecided(turn(&page(&["Not me", "Confirm"]), &SoFar::default())).contains("`Not me`, `Confirm`"));
    }

    #[test]
    fn what_is_left_after_the_deed_is_not_pressed() {
        // It may well be the button that takes everything back.
        let acted = SoFar { acted: true, ..SoFar::default() };
        assert_eq!(turn(&page(&["Undo"]), &acted), Turn::Stay);
        assert_eq!(turn(&page(&["Home"]), &pressed(&["Yes"])), Turn::Stay);
        assert_eq!(turn(&page(&["+Confirm", "Home"]), &pressed(&["Yes"])), Turn::Press(0));
        assert_eq!(turn(&page(&["+Yes"]), &pressed(&["Yes"])), Turn::Stay);
        assert!(undecided(turn(&page(&["+d"]), &pressed(&["a", "b", "c"]))).contains("after `a`, `b`, `c`"));
    }

    #[test]
    fn what_a_person_would_have_to_do_is_left_to_a_person() {
        let asks = Page { asks: vec!["code".to_owned()], ..page(&["Go"]) };
        assert!(undecided(turn(&asks, &SoFar::default())).contains("fill in `code`"));
        let captcha = Page { html: "<div class=h-captcha></div>".to_owned(), ..page(&["Go"]) };
        assert!(undecided(turn(&captcha, &SoFar::default())).contains("captcha"));
        let frame = Page { frames: 1, ..Page::default() };
        assert!(undecided(turn(&frame, &SoFar::default())).contains("frame"));
    }

    #[test]
    fn what_was_refused_may_be_what_is_missing() {
        let refused = SoFar { refused: vec!["cdn.example".to_owned()], ..SoFar::default() };
        assert!(undecided(turn(&Page::default(), &refused)).contains("`cdn.example`"));
        assert_eq!(turn(&Page::default(), &SoFar { asked: true, ..refused }), Turn::Stay);
    }
}
