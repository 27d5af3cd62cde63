use std::path::Path;

use super::*;
use threepid_engine::scenario::{SourceFile, Sources};
use threepid_record::model::{
    Basis, Body, Counts, Entry, Event, Exchange, Finding, FindingKind, Level, Reason, Request, Response, TargetInfo,
    Transcript, Visit, VisitEnd,
};

const SUCCESS: &str = r#"title: An address is added
why: The person can be reached.
flow: Adding an e-mail address to an account
spec: {operation: POST /account/3pid/add, anchor: client-server-api/#post_matrixclientv3account3pidadd}
needs: [email]
actors: [alice]
steps:
  - POST: /account/3pid/email/requestToken
    as: alice
    body: {"email": "<email>", "client_secret": "<client_secret>", "send_attempt": 1}
    must: {because: There is a sid., status: 200, body: {"sid": "<sid>"}}
  - mail: <email>
    must: {link: {"url": "<link>"}}
  - click: <link>
    must: {end: page}
  - name: the right password
    POST: /account/3pid/add
    as: alice
    body: {"sid": "<sid>", "client_secret": "<client_secret>", "auth": {"password": "<alice.password>"}}
    must: {because: It is empty., status: 200, body: {$exact: {}}}
    should: {headers: {content-type: application/json}}
"#;
const SPECIFICATION: &str = r#"title: The addresses
operations:
  add:
    operation: POST /account/3pid/add
    anchor: client-server-api/#post_matrixclientv3account3pidadd
    token: required
    told: "{who} asks to add the address"
    told_with_auth: "{who} enters the password"
    answers: []
  token:
    operation: POST /account/3pid/email/requestToken
    anchor: client-server-api/#post_matrixclientv3account3pidemailrequesttoken
    token: optional
    told: "{who} enters an e-mail address; the client asks for a token"
    answers: []
sentences: {}
"#;
const WRONG: &str = r#"title: The address is on another account
why: One mailbox belongs to one account.
actors: [bob]
cases:
  one: {address: <email>}
  two: {address: "<email | upper>"}
steps:
  - POST: /account/3pid/email/requestToken
    as: bob
    body: {"email": "<address>", "client_secret": "<client_secret>", "send_attempt": 1}
    must:
      one_of:
        refused: {status: 400}
        hidden: {status: 200}
  - no_mail: <email>
    must: {links: []}
"#;

fn suite() -> Suite {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let sources = Sources::of([
        file("add-email/success.yaml", SUCCESS),
        file("add-email/in-use.yaml", WRONG),
        file("specification/addresses.yaml", SPECIFICATION),
    ]);
    Suite::read(sources).map_err(|(sources, faults)| faults.lines(&sources)).unwrap()
}

/// The scenarios of the repository, as a folder: this crate does not have them.
fn shipped() -> Suite {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    Suite::read(Sources::folder(&folder).unwrap()).unwrap()
}

#[test]
fn a_behaviour_without_a_record() {
    let suite = suite();
    let source = Source { suite: &suite, record: None };
    insta::assert_snapshot!(behaviour(source, suite.scenario("add-email/in-use").unwrap()));
}

#[test]
fn the_book_without_a_record() {
    let suite = suite();
    let pages = book(Source { suite: &suite, record: None });
    let text: String = pages.iter().map(|page| format!("=== {} ===\n{}\n", page.path, page.text)).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn every_shipped_behaviour_can_be_told() {
    let suite = shipped();
    let source = Source { suite: &suite, record: None };
    for scenario in &suite.scenarios {
        let text = behaviour(source, scenario);
        assert!(text.contains("sequenceDiagram") && text.contains(". "), "{text}");
        let placeholders = text.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
        for placeholder in placeholders {
            assert!(!placeholder.contains('~'), "<{placeholder}> is not as its author wrote it:\n{text}");
        }
        assert_eq!(text.matches("```").count() % 2, 0, "{text}");
    }
}

/// The record of the suite above: the second row of the scenario about an address in use is known to go wrong.
fn record() -> Report {
    let origin = "http://hs.example";
    let asked = |step: usize, url: &str, answer: &str, status: u16| {
        let text = |text: &str| Body { text: Some(text.into()), ..Body::default() };
        let request = Request { method: "POST".into(), url: url.into(), headers: Vec::new(), body: text("{}") };
        let response = Some(Response { status, headers: Vec::new(), body: text(answer) });
        let exchange = Exchange { actor: None, request, response, failure: None, headers_ms: 0.0, total_ms: 0.0 };
        let label = suite().scenario("add-email/in-use").unwrap().cases[0].steps[step].label.clone();
        Entry { step: Some(step), turn: 0, label, at_ms: 0.0, event: Event::Exchange(exchange) }
    };
    let trial = |id: &str, case: Option<&str>, outcome, reason: &str, entries| TrialRecord {
        id: id.into(),
        case: case.map(str::to_owned),
        variant: "plain".into(),
        api: "v3".into(),
        repetition: 1,
        title: String::new(),
        covers: Vec::new(),
        spec: None,
        outcome,
        level: Level::Must,
        asked: Default::default(),
        reason: reason.into(),
        duration_ms: 0.0,
        findings: Vec::new(),
        choices: Vec::new(),
        rule: None,
        transcript: Transcript { origins: vec![origin.into()], entries, ..Transcript::default() },
    };
    let url = format!("{origin}/account/3pid/email/requestToken");
    let mut known = trial(
        "add-email/in-use",
        Some("two"),
        Outcome::Xfail,
        "breaks",
        vec![asked(0, &url, r#"{"errcode": "M_UNKNOWN", "error": "Broken"}"#, 500)],
    );
    known.reason = Reason::known("breaks", Some("https://bugs.example/?a=b_c#d_e"));
    known.findings = vec![Finding {
        alternatives: None,
        kind: FindingKind::Requirement,
        level: Level::Must,
        requirement: String::new(),
        spec: None,
        basis: Basis::default(),
        step: String::new(),
        step_index: Some(0),
        place: None,
        subject: String::new(),
        expected: String::new(),
        actual: String::new(),
    }];
    let trials = vec![trial("add-email/success", None, Outcome::Pass, "", vec![asked(0, &url, "{}", 200)]), known];
    Report {
        schema: Report::SCHEMA,
        threepid: "0.1.0".into(),
        suite: String::new(),
        seed: 1,
        started: "2026-11-23T12:00:00Z".into(),
        duration_ms: 0.0,
        interrupted: false,
        error: None,
        slices: Vec::new(),
        snapshots: None,
        browser: None,
        repeat: Vec::new(),
        target: TargetInfo {
            name: "hs".into(),
            url: origin.into(),
            public_url: origin.into(),
            versions: Vec::new(),
            server: None,
            abilities: Vec::new(),
            defects: Vec::new(),
            shapes: Vec::new(),
        },
        counts: Counts::of(trials.iter().map(|trial| trial.outcome)),
        trials,
    }
}

#[test]
fn the_story_says_what_is_not_as_required() {
    let (suite, record) = (suite(), record());
    let pages = book(Source { suite: &suite, record: Some(&record) });
    let story = &pages.iter().find(|page| page.path == "story.md").unwrap().text;
    let marked = "**The address is on another account** (`add-email/in-use[two]`)\n\n✗ **Not as required, as is known:** \
                  breaks (<https://bugs.example/?a=b_c#d_e>)\n\nThe homeserver answers `500`\n";
    assert!(story.contains(marked), "{story}");
}

#[test]
fn the_story_says_whose_answer_is_shown() {
    let branch = |title: &str, signature: &str, answer: &str| story::Branch {
        title: title.into(),
        mark: None,
        signature: signature.into(),
        answer: format!("{answer}\n"),
    };
    let groups = story::typical_first(vec![
        branch("rare", "403", "no"),
        branch("odd", "400", "other words"),
        branch("a", "400", "words"),
        branch("b", "400", "words"),
    ]);
    let told: Vec<String> = groups.into_iter().map(story::alike).collect();
    let shown = "a  \nb  \nodd\n\nThe answers are of one kind, in different words. For example, for a:\n\nwords\n";
    assert_eq!(told, [shown, "rare\n\nno\n"]);
}

#[test]
fn who_answers_is_who_was_asked() {
    let mut trial = record().trials.remove(0);
    let Some(Event::Exchange(exchange)) = trial.transcript.entries.first().map(|entry| entry.event.clone()) else {
        panic!("an exchange");
    };
    assert!(step::answered(&exchange, Some(&trial)).starts_with("The homeserver answers `200`"));
    trial.transcript.origins = vec!["http://other.example".into()];
    let told = step::answered(&exchange, Some(&trial));
    assert!(told.starts_with("The identity server answers `200`"), "{told}");
    assert_eq!(step::answer_at(&format!("asked\n{told}")), Some(6));
    let shipped = shipped();
    let drawn = behaviour(Source { suite: &shipped, record: None }, shipped.scenario("bind-email/success").unwrap());
    assert!(drawn.contains("participant I as Identity server") && drawn.contains("C->>I: "), "{drawn}");
    assert!(!drawn.lines().any(|line| line.contains("C->>H") && line.contains("identity")), "{drawn}");
}

#[test]
fn a_pages_title_stands_apart() {
    let mut visit = Visit {
        link: String::new(),
        hops: Vec::new(),
        submitted: false,
        end: VisitEnd::Page,
        text: "Done Done, go back.".into(),
        browsed: None,
    };
    assert_eq!(crate::report::page(&visit), (None, "Done Done, go back."));
    let Event::Exchange(mut hop) = record().trials[0].transcript.entries[0].event.clone() else {
        panic!("an exchange");
    };
    hop.response.as_mut().unwrap().body.text = Some("<title>Done</title><p>Done, go back.</p>".into());
    visit.hops.push(hop);
    assert_eq!(crate::report::page(&visit), (Some("Done".to_owned()), "Done, go back."));
}
