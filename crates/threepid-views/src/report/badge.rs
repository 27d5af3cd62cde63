//! A badge: the JSON that a badge service reads from an address (the endpoint schema of shields.io).

use serde_json::json;

use super::phrases;
use threepid_record::model::{Counts, Report};

/// The badge's JSON.
pub fn render(report: &Report) -> String {
    let Counts { pass, fail, error, xfail, xpass, .. } = report.counts;
    let drifted = phrases::drifted(report);
    let asked = pass + fail + error + xfail + xpass;
    let (message, colour) = match () {
        () if report.interrupted => ("interrupted".to_owned(), "lightgrey"),
        () if report.missing().is_some() && fail + xpass == 0 => ("incomplete".to_owned(), "lightgrey"),
        () if report.error.is_some() && fail + xpass == 0 => ("not tested to the end".to_owned(), "lightgrey"),
        () if drifted > 0 && fail + xpass == drifted => {
            let changed = format!("{} changed", phrases::count(drifted, "answer"));
            (if error > 0 { format!("{error} unknown") } else { changed }, "orange")
        }
        () if fail + xpass > 0 => (format!("{pass} of {asked}"), "red"),
        () if error > 0 => (format!("{error} unknown"), "orange"),
        () if report.without_mail().is_some() => ("e-mail not offered".to_owned(), "lightgrey"),
        () if pass == 0 || report.asked_nothing() => ("nothing tested".to_owned(), "lightgrey"),
        () if xfail > 0 => (format!("{pass} of {asked}, {xfail} known"), "yellowgreen"),
        () => (format!("conformant, {}", phrases::count(pass, "trial")), "brightgreen"),
    };
    let badge = json!({
        "schemaVersion": 1,
        "label": "e-mail verification",
        "message": message,
        "color": colour,
        "isError": fail + xpass + error > 0 || report.error.is_some(),
    });
    format!("{badge:#}\n")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn shown(counts: Counts) -> (String, String) {
        let badge = render(&Report { counts, ..fixture::report() });
        let badge: serde_json::Value = serde_json::from_str(&badge).unwrap();
        let text = |name: &str| badge[name].as_str().unwrap().to_owned();
        (text("message"), text("color"))
    }

    #[test]
    fn the_whole_badge() {
        insta::assert_snapshot!(render(&fixture::report()));
    }

    #[test]
    fn green_is_only_what_is_green() {
        let none = Counts::default();
        for (counts, message, colour) in [
            (Counts { pass: 9, ..none }, "conformant, 9 trials", "brightgreen"),
            (Counts { pass: 1, ..none }, "conformant, 1 trial", "brightgreen"),
            (Counts { pass: 9, skip: 3, xfail: 1, ..none }, "9 of 10, 1 known", "yellowgreen"),
            (Counts { pass: 9, fail: 1, error: 1, ..none }, "9 of 11", "red"),
            (Counts { pass: 9, xpass: 1, ..none }, "9 of 10", "red"),
            (Counts { pass: 9, error: 2, ..none }, "2 unknown", "orange"),
            (Counts { skip: 9, ..none }, "nothing tested", "lightgrey"),
        ] {
            assert_eq!(shown(counts), (message.to_owned(), colour.to_owned()));
        }
    }
}
