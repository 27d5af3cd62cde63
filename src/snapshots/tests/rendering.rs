use serde_json::{Value, json};

use crate::snapshots::{Content, render};

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[test]
fn an_answer_as_text() {
    let body = json!({
        "session": "kXQvTnWz", "flows": [{"stages": ["m.login.password", "m.login.dummy"]}, {"stages": []}],
        "params": {}, "errcode": "M_FORBIDDEN", "error": "Wrong: password", "empty": "", "deep": [[1, 2.5], [null, true]],
        "number-like": "123", "text": "line one\n  line two\n\nline four\n", "at": 1_700_000_000_123_u64,
    });
    let headers = [
        ("Location".to_owned(), "http://x/?sid=kXQvTnWz".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let values =
        [("kXQvTnWz".to_owned(), "<session>".to_owned()), ("1700000000123".to_owned(), "<timestamp>".to_owned())];
    let text = render(401, &headers, Content::Json(&body), &values);
    insta::assert_snapshot!(text, @r#"
    status: 401
    headers:
      content-type: application/json
      location: http://x/?sid=<session>
    body:
      at: <timestamp>
      deep:
        - - 1
          - 2.5
        - - null
          - true
      empty: ""
      errcode: M_FORBIDDEN
      error: "Wrong: password"
      flows:
        - stages:
            - m.login.password
            - m.login.dummy
        - stages: []
      number-like: "123"
      params: {}
      session: <session>
      text: |
        line one
          line two

        line four
    "#);
    assert_eq!(yaml(&text)["body"]["text"], body["text"]);
}

#[test]
fn bodies_that_are_no_json() {
    assert_eq!(render(204, &[], Content::Empty, &[]), "status: 204\n");
    let values = [("t0ken".to_owned(), "<token>".to_owned())];
    assert_eq!(
        render(200, &[], Content::Text("<p>t0ken</p>\nx"), &values),
        "status: 200\ntext: |-\n  <p><token></p>\n  x\n"
    );
}

#[test]
fn values_are_replaced_longest_first_and_short_ones_only_whole() {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let values = [
        pair("abcde", "<short>"),
        pair("abcdefgh", "<long>"),
        pair("7", "<sid>"),
        pair("", "<none>"),
        pair("<long>", "<x>"),
    ];
    let body = json!({"abcdefgh": "abcde/abcdefgh/7", "sid": "7", "at": 7});
    assert_eq!(
        render(277, &[], Content::Json(&body), &values),
        "status: 277\nbody:\n  <long>: <short>/<long>/7\n  at: <sid>\n  sid: <sid>\n"
    );
}

/// Whatever an answer holds, a reader of YAML gets it back: so no two answers have the same text.
#[test]
fn the_text_says_exactly_what_the_answer_was() {
    use rand::{Rng, SeedableRng};
    fn value(rng: &mut rand_chacha::ChaCha8Rng, depth: u8) -> Value {
        const TEXTS: [&str; 34] = [
            "",
            " ",
            "a",
            "true",
            "No",
            "null",
            "~",
            "1",
            "1.5",
            "+1",
            ".5",
            "0x1f",
            "1e3",
            "a: b",
            "a #b",
            "a:",
            "- a",
            "? a",
            "& a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "{a",
            "[a",
            "a\nb",
            "\na",
            "a \nb\n",
            "a\n\n",
            "\t",
            "\u{0}\u{1b}\u{202e}é",
            "\"q\" 'r' \\",
            "<<",
        ];
        let range = if depth == 0 { 0..4 } else { 0..6 };
        match rng.random_range(range) {
            0 => Value::Null,
            1 => json!(rng.random::<bool>()),
            2 => json!(rng.random_range(-1000..1000)),
            3 => json!(TEXTS[rng.random_range(0..TEXTS.len())]),
            4 => (0..rng.random_range(0..4)).map(|_| value(rng, depth - 1)).collect(),
            _ => (0..rng.random_range(0..4))
                .map(|_| (TEXTS[rng.random_range(0..TEXTS.len())].to_owned(), value(rng, depth - 1)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
    let rng = &mut rand_chacha::ChaCha8Rng::seed_from_u64(7);
    for _ in 0..3000 {
        let body = value(rng, 3);
        let text = render(200, &[], Content::Json(&body), &[]);
        assert_eq!(yaml(&text)["body"], body, "{text}");
    }
}

#[test]
fn pieces_of_a_value_beside_an_ellipsis() {
    let values = [
        ("email-9j8ep367kq@threepid.test".to_owned(), "<email>".to_owned()),
        ("client-secret-x1y2".to_owned(), "<client_secret>".to_owned()),
    ];
    let rendered = |text: &str| render(400, &[], Content::Text(text), &values);
    assert_eq!(rendered("got 'email-9j8e...pid.test'"), "status: 400\ntext: got '<email>...<email>'\n");
    assert_eq!(rendered("got 'email-9j8e…x1y2'"), "status: 400\ntext: got '<email>…<client_secret>'\n");
    assert_eq!(rendered("email-9 wait... what"), "status: 400\ntext: email-9 wait... what\n");
}
