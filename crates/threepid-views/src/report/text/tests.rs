use super::super::fixture;
use super::*;
use threepid_record::model::{Counts, Event, Finding, Level, Outcome, Report};

#[test]
fn the_whole_report() {
    insta::assert_snapshot!(render(&fixture::report(), &Style { colour: false, width: 100 }, Extent::Whole));
}

#[test]
fn a_narrow_terminal() {
    let text = render(&fixture::report(), &Style { colour: false, width: 40 }, Extent::Whole);
    insta::assert_snapshot!(text);
    // Addresses, names and commands are not broken, so that they can be copied; everything else fits.
    let whole = ["://", "curl ", "threepid run ", "add-email/wrong-password"];
    let too_wide: Vec<&str> =
        text.lines().filter(|l| l.chars().count() > 40 && !whole.iter().any(|w| l.contains(w))).collect();
    assert!(too_wide.is_empty(), "{too_wide:#?}");
}

#[test]
fn colour_adds_nothing_but_colour() {
    let report = fixture::report();
    let plain = render(&report, &Style { colour: false, width: 80 }, Extent::Whole);
    let coloured = render(&report, &Style { colour: true, width: 80 }, Extent::Whole);
    assert_ne!(plain, coloured);
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn a_run_in_which_all_went_well_is_short() {
    let mut report = fixture::report();
    report.trials.retain(|t| t.outcome == Outcome::Pass);
    report.trials.iter_mut().for_each(|t| {
        t.findings.clear();
        t.choices.clear();
    });
    report.counts = Counts::of(report.trials.iter().map(|t| t.outcome));
    insta::assert_snapshot!(render(&report, &Style::default(), Extent::Whole));
}

#[test]
fn nothing_is_a_report_too() {
    let report = Report { trials: Vec::new(), counts: Counts::default(), ..fixture::report() };
    assert!(render(&report, &Style::default(), Extent::Whole).ends_with("Nothing was asked: no trial was selected.\n"));
}

#[test]
fn a_hostile_server_reaches_neither_the_terminal_nor_the_ci_system() {
    for width in [40, 41, 57, 100] {
        let text = render(&fixture::hostile(), &Style { colour: false, width }, Extent::Whole);
        let active: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect();
        assert!(active.is_empty(), "{active:?}");
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.contains("##["), "{line}");
        }
        assert!(text.contains("\\x1b[2J"), "shown, not dropped");
    }
}

#[test]
fn a_hundred_parallel_requests_are_not_all_shown() {
    let mut report = fixture::report();
    let trial = &mut report.trials[2];
    let one = trial.transcript.entries.iter().find(|e| e.step == Some(4)).unwrap().clone();
    assert!(matches!(one.event, Event::Exchange(_)));
    trial.transcript.entries.extend(std::iter::repeat_n(one, 99));
    let text = super::trial(trial, &Style::default());
    assert!(text.contains("and 96 more events of this step"), "{text}");
    assert_eq!(text.matches("curl ").count(), 1);
}

#[test]
fn what_findings_have_in_common_stands_once() {
    let report = fixture::report();
    let text = super::trial(&report.trials[2], &Style::default());
    for once in ["A wrong password is refused with 401", "step      POST", "spec      POST", "repeat it", "unknown: "] {
        assert_eq!(text.matches(once).count(), 1, "{once} in\n{text}");
    }
    assert!(!text.contains("/register"), "how the account was made explains nothing:\n{text}");
}

#[test]
fn an_account_that_cannot_be_made_shows_the_exchange_that_failed() {
    let mut report = fixture::report();
    let trial = &mut report.trials[2];
    trial.outcome = Outcome::Error;
    trial.findings.retain(|f| f.kind == threepid_record::model::FindingKind::Unknown);
    trial.transcript.entries.retain(|e| e.step.is_none());
    let Some(Event::Stop(stop)) = trial.transcript.entries.last_mut().map(|e| &mut e.event) else { panic!("no stop") };
    stop.reason = threepid_record::model::StopReason::NoAccount;
    let text = super::trial(trial, &Style::default());
    assert!(text.contains("/register → 200") || text.contains("/register as alice → 200"), "{text}");
    assert!(text.contains("stopped here, no account could be made"), "{text}");
}

/// With `--fail-on convention` a weak finding is what made the trial fail, and it is shown with its exchange.
/// An answer that lacks five members breaks one convention, not five.
#[test]
fn what_is_besides_is_said_once_for_all_its_places() {
    let mut trial = fixture::report().trials.into_iter().find(|trial| trial.outcome == Outcome::Fail).unwrap();
    let finding = trial.findings[0].clone();
    trial.findings.extend(["body.a", "body.b"].map(|subject| Finding {
        level: Level::Convention,
        requirement: "Clients read both.".to_owned(),
        subject: subject.to_owned(),
        expected: "a text".to_owned(),
        actual: "nothing".to_owned(),
        ..finding.clone()
    }));
    let text = super::trial(&trial, &Style { colour: false, width: 1000 });
    assert_eq!(text.matches("Clients read both").count(), 1, "{text}");
    assert!(text.contains("body.a: expected a text, was nothing; body.b: expected a text, was nothing)"), "{text}");
}

#[test]
fn what_made_a_trial_fail_is_no_note() {
    use threepid_record::model::FindingKind;
    let mut report = fixture::report();
    let weak = |trial: &mut TrialRecord, level| {
        trial.level = level;
        trial.findings.retain(|f| f.kind == FindingKind::Requirement);
        trial.findings.truncate(1);
        trial.findings[0].level = Level::Convention;
    };
    report.trials.retain(|t| t.outcome == Outcome::Fail && t.findings.iter().any(|f| f.step_index.is_some()));
    report.trials.truncate(1);
    weak(&mut report.trials[0], Level::Convention);
    let text = render(&report, &Style { colour: false, width: 100 }, Extent::Whole);
    assert!(!text.contains("  besides"), "{text}");
    assert!(text.contains("  convention: ") && text.contains("    expected  "), "{text}");
    weak(&mut report.trials[0], Level::Must);
    assert!(render(&report, &Style { colour: false, width: 100 }, Extent::Whole).contains("  besides"));
}
