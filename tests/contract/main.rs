//! What a server does wrong everywhere is seen, whatever it is asked.
//!
//! A proxy before the correct homeserver takes away one thing that every answer should have. The rules over all exchanges
//! name it, and no other; without the proxy all rules hold.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod proxy;

use std::sync::Arc;

use proxy::{Answer, Proxy};
use serde_json::Value;
use threepid::judge::{ContractJudge, Deviations};
use threepid::mail::{Limits, Sink, SinkOptions};
use threepid::model::{Level, Outcome, TrialRecord};
use threepid::plan::plan;
use threepid::scenario::Suite;
use threepid::suite::{Event, Session, SessionOptions, Settings, run, start_embedded};
use tokio_util::sync::CancellationToken;

/// Scenarios that ask most operations, with refused requests among them.
const PLAIN: &[&str] =
    &["add-email/success", "add-email/wrong-password", "add-email/email-in-use", "list-emails/fields"];

/// The records of the rules, after a run of some scenarios through a proxy that alters answers.
async fn rules(variant: &str, scenarios: &[&str], alter: fn(&mut Answer)) -> Vec<TrialRecord> {
    let suite = threepid::shipped::suite().map_err(|(sources, faults)| faults.render(&sources, false, 100)).unwrap();
    let suite = Arc::new(suite);
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = SinkOptions { listen, hostname: "threepid.test".to_owned(), limits: Limits::default() };
    let sink = Sink::start(options).await.unwrap();
    let proxy = Proxy::bind().await;
    let public = Some(proxy.url.clone());
    let server = start_embedded(variant, None, sink.addr(), public, Vec::new(), Vec::new(), None).await.unwrap();
    let url = proxy.serve(server.url(), alter);
    let session = Session::open(SessionOptions::new("reference", variant, &url, sink)).await.unwrap();
    let session = Arc::new(session);
    let selected: Vec<(usize, Vec<usize>)> = (0..suite.scenarios.len())
        .filter(|index| scenarios.contains(&suite.scenarios[*index].id.as_str()))
        .map(|index| (index, vec![0]))
        .collect();
    assert_eq!(selected.len(), scenarios.len(), "a scenario is gone");
    let mut offered = session.target.info.clone();
    // What is a matter of configuration the variant has.
    let needs = suite.scenarios.iter().flat_map(|scenario| &scenario.needs);
    for need in needs.filter(|need| !offered.abilities.iter().any(|one| one.name == **need)).collect::<Vec<_>>() {
        let ability = threepid::model::Ability { name: need.clone(), offered: true, reason: "configured".to_owned() };
        offered.abilities.push(ability);
    }
    let apis = &session.apis()[..1];
    let planned = plan(&suite, &selected, variant, &offered, apis);
    let settings = Arc::new(Settings {
        jobs: 8,
        fail_fast: false,
        failed: Default::default(),
        halt: Default::default(),
        fail_on: Level::Convention,
        deviations: Deviations::default(),
        snapshots: None,
    });
    let mut contract = ContractJudge::new(&suite, &session.target.info, Level::Convention);
    let never = CancellationToken::new();
    run(planned, 1, &session, &settings, (&never, &never), |event| {
        if let Event::Record(record, _) = event {
            contract.trial(&record, &session.target.info);
        }
    })
    .await;
    server.shutdown().await;
    contract.records()
}

fn broken(records: &[TrialRecord]) -> Vec<(&str, Level)> {
    let failed = records.iter().filter(|record| record.outcome == Outcome::Fail);
    failed.map(|record| (record.id.as_str(), record.level)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_breaks_no_rule() {
    let records = rules("plain", PLAIN, |_| {}).await;
    assert_eq!(broken(&records), []);
    let counts = |id: &str| records.iter().find(|record| record.id == id).unwrap().rule.clone().unwrap();
    for rule in ["contract/cors", "contract/errors", "contract/fields-list"] {
        assert!(counts(rule).held > 0, "{rule}: {:?}", counts(rule));
    }
    let limited = rules("rate-limits", &["rate-limits/by-client"], |_| {}).await;
    assert_eq!(broken(&limited), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_making_of_accounts_counts_too() {
    let records = rules("plain", &["list-emails/empty"], |answer| {
        if answer.path.ends_with("/register") {
            answer.remove("access-control-allow-origin");
        }
    })
    .await;
    assert_eq!(broken(&records), [("contract/cors", Level::Should)]);
    let cors = records.iter().find(|record| record.id == "contract/cors").unwrap();
    let finding = &cors.findings[0];
    assert!(finding.step.contains("account"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_takes_away_is_named() {
    type Case = (&'static str, Level, fn(&mut Answer));
    let cases: &[Case] = &[
        ("contract/cors", Level::Should, |answer| answer.remove("access-control-allow-origin")),
        ("contract/content-type", Level::Must, |answer| answer.remove("content-type")),
        ("contract/errors", Level::Must, |answer| {
            answer.change(|body| body.get("flows").is_none() && body.remove("errcode").is_some());
        }),
        ("contract/fields-list", Level::Must, |answer| {
            answer.change(|body| match body.get_mut("threepids").and_then(Value::as_array_mut) {
                Some(list) => {
                    list.iter_mut().filter_map(Value::as_object_mut).any(|one| one.remove("added_at").is_some())
                }
                None => false,
            });
        }),
        ("contract/server-errors", Level::Must, |answer| {
            if answer.path.ends_with("/account/3pid") {
                answer.status = 500;
                answer.body = br#"{"errcode": "M_UNKNOWN", "error": "Internal server error"}"#.to_vec();
            }
        }),
    ];
    for (rule, level, alter) in cases {
        let records = rules("plain", PLAIN, *alter).await;
        assert_eq!(broken(&records), [(*rule, *level)], "{rule}");
        let record = records.iter().find(|record| record.id == *rule).unwrap();
        let finding = &record.findings[0];
        assert!(finding.place.is_some() && finding.spec.is_some() && !finding.step.is_empty(), "{finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_without_a_hint_is_named() {
    let records = rules("rate-limits", &["rate-limits/by-client"], |answer| {
        answer.remove("retry-after");
        answer.change(|body| body.remove("retry_after_ms").is_some());
    })
    .await;
    assert_eq!(broken(&records), [("contract/rate-limited", Level::Should)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_an_answer_is_a_breach_of_security() {
    let records = rules("plain", PLAIN, |answer| {
        // As a server that was left in a mode for tests.
        if answer.path.ends_with("/account/3pid/add") {
            let password = answer.request.split("\"password\":\"").nth(1).and_then(|rest| rest.split('"').next());
            let password = password.map(str::to_owned);
            answer.change(|body| password.is_some_and(|it| body.insert("debug".to_owned(), it.into()).is_none()));
        }
    })
    .await;
    assert_eq!(broken(&records), [("contract/secrets-stay", Level::Security)]);
}

#[test]
fn each_rule_says_what_it_rests_on() {
    let suite: Suite =
        threepid::shipped::suite().map_err(|(sources, faults)| faults.render(&sources, false, 100)).unwrap();
    assert!(suite.contract.rules.len() > 20);
    for rule in &suite.contract.rules {
        for check in &rule.checks {
            assert!(check.because.is_some() || check.level == Level::Security, "{}: no reason", rule.id);
            match check.level {
                Level::Must => assert!(check.basis.ground.is_some() && rule.spec.is_some(), "{}: no ground", rule.id),
                Level::Security => assert!(check.basis.harm.is_some(), "{}: no harm", rule.id),
                Level::Should => {}
                Level::Convention => assert!(check.basis.relied_on_by.is_some(), "{}: no client", rule.id),
            }
        }
    }
}
