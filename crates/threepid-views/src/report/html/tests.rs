use super::super::fixture;
use super::page::{SCRIPT, STYLE, hash};
use super::*;
use threepid_record::model::{Choice, Counts, Entry, Finding, Level, Outcome, TrialRecord};

/// A second server that does some things otherwise.
fn other() -> Report {
    let mut report = fixture::report();
    report.target.name = "other".to_owned();
    report.trials[2].outcome = Outcome::Pass;
    report.trials[2].findings.clear();
    report.trials[0].choices = vec![Choice { step: "the mail".to_owned(), chosen: "text only".to_owned() }];
    report.trials.remove(7);
    report.counts = Counts::of(report.trials.iter().map(|t| t.outcome));
    report
}

#[test]
fn the_whole_page() {
    // The script and the style have files of their own.
    let page = render(&[fixture::report()]).replace(STYLE, "STYLE").replace(SCRIPT, "SCRIPT");
    let page = page.replace(&hash(STYLE), "STYLE-HASH").replace(&hash(SCRIPT), "SCRIPT-HASH");
    insta::assert_snapshot!(page.replace("><", ">\n<"));
}

#[test]
fn the_whole_matrix() {
    let page = render(&[fixture::report(), other()]).replace(STYLE, "STYLE").replace(SCRIPT, "SCRIPT");
    let page = page.replace(&hash(STYLE), "STYLE-HASH").replace(&hash(SCRIPT), "SCRIPT-HASH");
    insta::assert_snapshot!(page.replace("><", ">\n<"));
}

/// What to look at first stands first, and at the end stands how to see it again.
#[test]
fn a_trial_tells_the_gravest_first_and_how_it_is_done_again() {
    let mut report = fixture::report();
    report.trials.retain(|trial| trial.outcome == Outcome::Fail);
    report.trials.truncate(1);
    let trial = &mut report.trials[0];
    let finding = trial.findings[0].clone();
    trial.findings = [Level::Convention, Level::Must, Level::Security]
        .map(|level| Finding { level, requirement: format!("a sentence of {level}"), ..finding.clone() })
        .into();
    let page = render(&[report.clone()]);
    let at = |level: Level| page.find(&format!("a sentence of {level}")).unwrap();
    assert!(at(Level::Security) < at(Level::Must) && at(Level::Must) < at(Level::Convention), "{page}");
    assert!(page.contains("Do it all again") && page.contains("--seed 42"), "{page}");
    report.trials[0].outcome = Outcome::Pass;
    assert!(!render(&[report]).contains("Do it all again"));
}

#[test]
fn steps_that_were_not_taken_are_counted() {
    let mut report = fixture::report();
    let with_steps = |trial: &TrialRecord| trial.transcript.entries.iter().any(|entry| entry.step.is_some());
    report.trials.retain(with_steps);
    report.trials.truncate(1);
    let entries = &mut report.trials[0].transcript.entries;
    let first = entries.iter().find(|entry| entry.step.is_some()).unwrap().clone();
    *entries = [3, 5, 0].map(|step| Entry { step: Some(step), ..first.clone() }).into();
    for outcome in [Outcome::Fail, Outcome::Pass] {
        report.trials[0].outcome = outcome;
        let page = render(&[report.clone()]);
        assert!(page.contains("1–3. not taken") && page.contains("5. not taken"), "{page}");
        assert_eq!(page.matches("not taken").count(), 2);
    }
}

#[test]
fn what_a_server_says_is_text() {
    let page = render(&[fixture::hostile()]);
    let matrix = render(&[fixture::hostile(), fixture::hostile()]);
    for page in [page, matrix] {
        let page = page.replace(STYLE, "").replace(SCRIPT, "");
        assert_eq!(page.matches("<script").count(), 1, "only our own");
        assert!(!page.contains("href=\"http://evil"), "no address of a server is a link");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "shown, not dropped");
        assert!(!page.chars().any(|c| c == '\u{202e}' || (c.is_control() && c != '\n')), "nothing unseen");
        let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let known =
            |link: &&str| link.starts_with('#') || link.starts_with("https://spec.matrix.org/") || *link == "data:,";
        assert!(links.iter().all(known), "{links:?}");
    }
}

#[test]
fn the_policy_knows_the_script_and_the_style_as_they_stand() {
    let page = render(&[fixture::report()]);
    let between = |from: &str, to: &str| {
        let rest = page.split(from).nth(1).unwrap();
        rest.split(to).next().unwrap().to_owned()
    };
    assert!(page.contains(&hash(&between("<script>", "</script>")).replace('\'', "&#39;")));
    assert!(page.contains(&hash(&between("<style>", "</style>"))));
    assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
    for outside in ["http:", "https:", "@import", "url("] {
        assert!(!SCRIPT.contains(outside) && !STYLE.contains(outside), "{outside}");
    }
    for bad in [" style=\"", " onclick", "javascript:"] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[test]
fn a_page_stays_of_a_size_that_a_browser_opens() {
    let mut report = fixture::report();
    for trial in &mut report.trials {
        for entry in &mut trial.transcript.entries {
            if let threepid_record::model::Event::Exchange(exchange) = &mut entry.event
                && let Some(response) = &mut exchange.response
            {
                response.body.text = Some("x".repeat(1 << 20));
            }
        }
    }
    let trials = std::mem::take(&mut report.trials);
    report.trials = std::iter::repeat_n(trials, 300).flatten().collect();
    report.counts = Counts::of(report.trials.iter().map(|t| t.outcome));
    let most = MOST_BYTES + report.trials.len() * 2048;
    let page = render(&[report]);
    assert!(page.len() < most, "{} bytes", page.len());
    assert!(page.contains("would become too large"));
}

#[test]
fn many_that_passed_are_short_and_say_all_that_was_said() {
    let mut report = fixture::report();
    let (passed, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut report.trials).into_iter().partition(|trial| trial.outcome == Outcome::Pass);
    let few = passed.len();
    report.trials = std::iter::repeat_n(passed, 400 / few).flatten().chain(others).collect();
    report.counts = Counts::of(report.trials.iter().map(|t| t.outcome));
    let page = render(std::slice::from_ref(&report));
    let own = page.len() - STYLE.len() - SCRIPT.len();
    assert!(own / report.trials.len() < 4500, "{own} bytes for {} trials", report.trials.len());
    assert!(page.contains("Trials that passed are shown in short"));
    // One that did not pass has what repeats it.
    assert!(page.contains("Repeat it with curl"));
    let text: String = scraper::Html::parse_document(&page).root_element().text().collect();
    for trial in report.trials.iter().take(few) {
        for entry in &trial.transcript.entries {
            let threepid_record::model::Event::Exchange(one) = &entry.event else { continue };
            if entry.step.is_none() {
                continue;
            }
            let answer = one.response.as_ref().and_then(|response| response.body.text.as_deref());
            for said in one.request.body.text.as_deref().into_iter().chain(answer) {
                assert!(text.contains(said), "{said}");
            }
        }
    }
}
