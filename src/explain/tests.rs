use super::*;
use crate::scenario::{SourceFile, Sources};

const SUCCESS: &str = r#"title: An address is added
why: The person can be reached.
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
    let sources = Sources::of([file("add-email/success.yaml", SUCCESS), file("add-email/in-use.yaml", WRONG)]);
    Suite::read(sources).map_err(|(sources, faults)| faults.render(&sources, false, 100)).unwrap()
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
    let suite = Suite::shipped().unwrap();
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
