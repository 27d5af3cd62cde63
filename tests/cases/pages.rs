//! Pages behind the link, and links of other kinds.

use axum::http::Method;

use super::bridge::{Answer, Asked, Changes, LINK_PATH};
use super::{NOTHING, run};

fn instead(instead: fn(&Asked) -> Option<Answer>) -> Changes {
    Changes { instead, ..NOTHING }
}

/// A page in place of the homeserver's, to whoever opens the link.
fn opened(asked: &Asked, page: impl FnOnce(&str) -> String) -> Option<Answer> {
    (asked.is_page() && asked.method == Method::GET).then(|| Answer::page(page(&asked.fields())))
}

/// A query as one word, which says nothing of what it holds.
fn hidden(query: &str) -> String {
    query.bytes().map(|b| format!("{b:02x}")).collect()
}

/// The query that is hidden in a word, or something else if the word was altered.
fn shown(key: &str) -> String {
    let pair = |at: usize| key.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Vec<u8> = (0..key.len() / 2).map(|at| pair(at).unwrap_or(b'?')).collect();
    String::from_utf8_lossy(&bytes).chars().filter(|c| c.is_ascii_graphic()).collect()
}

#[test]
fn a_limit_is_waited_for() {
    let outcomes = run(
        instead(|asked| {
            let wait = asked.is_page() && asked.pages % 3 == 0;
            wait.then(|| {
                let mut answer = Answer::page("<p>Wait a moment.</p>");
                answer.status = 429;
                answer.headers.push(("retry-after".to_owned(), "0".to_owned()));
                answer
            })
        }),
        &[],
        &[],
    );
    outcomes.are_clean();
}

#[test]
fn where_the_page_leaves_a_choice_nothing_is_clicked() {
    /// How a server answers, and what its page says.
    type Case = (fn(&Asked) -> Option<Answer>, &'static str);
    let cases: [Case; 6] = [
        (
            |asked| {
                opened(asked, |fields| {
                    format!(
                        "<form action=/lang><select name=l><option>en<option>de</select><button>Go</button></form>\
                         <form method=post>{fields}<button>Confirm</button></form>"
                    )
                })
            },
            "has 2 forms",
        ),
        (
            |asked| {
                opened(asked, |fields| {
                    format!(
                        "<form method=post>{fields}<button name=action value=reject>Not me</button>\
                         <button name=action value=confirm>Confirm</button></form>"
                    )
                })
            },
            "has a form with 2 buttons: `Not me`, `Confirm`",
        ),
        (
            |asked| {
                let query = asked.target.split_once('?').map_or("", |(_, query)| query).replace('&', "&amp;");
                opened(asked, |_| format!("<p>Is this address yours?</p><a href=\"?{query}&amp;go=1\">Yes, go on</a>"))
            },
            "has a link, instead of a form",
        ),
        (
            |asked| {
                opened(asked, |_| {
                    "<button id=b>Confirm</button><script>b.onclick = () => fetch(location.href, {method: 'POST'})</script>".to_owned()
                })
            },
            "only a script gives a meaning",
        ),
        (|asked| opened(asked, |_| "<div id=app></div><script src=/app.js></script>".to_owned()), "runs a script"),
        (
            |asked| {
                opened(asked, |fields| {
                    format!("<form method=post>{fields}<div class=h-captcha></div><button>Go</button></form>")
                })
            },
            "captcha",
        ),
    ];
    for (page, words) in cases {
        run(instead(page), &[], &[]).cannot_be_told(words);
    }
}

#[test]
fn a_token_behind_the_fragment_needs_a_script() {
    let outcomes = run(
        Changes {
            mail: |mailed| {
                let link = mailed.link.replace(&format!("{LINK_PATH}?"), "/#/verify?");
                vec![mailed.text(&format!("Open {link}"))]
            },
            instead: |asked| {
                (asked.target == "/").then(|| Answer::page("<div id=app></div><script src=/app.js></script>"))
            },
            ..NOTHING
        },
        &[],
        &[],
    );
    outcomes.cannot_be_told("behind the `#`");
}

#[test]
fn a_form_is_sent_as_a_browser_sends_it() {
    // Only a request that says where it comes from is taken.
    let checked = |asked: &Asked| {
        let own = format!("http://{}", asked.header("host"));
        let is_own = asked.header("origin") == own
            && asked.header("referer").starts_with(&own)
            && asked.header("sec-fetch-site") == "same-origin";
        (asked.is_page() && asked.method == Method::POST && !is_own)
            .then(|| Answer { status: 403, ..Answer::page("<p>No.</p>") })
    };
    // A page that asks for no referrer gets none, and no origin either.
    let open = |_: &Asked, mut answer: Answer| {
        answer.headers.retain(|(name, _)| name != "referrer-policy");
        answer
    };
    run(Changes { instead: checked, answered: open, ..NOTHING }, &["form-to-submit"], &[]).are_clean();
}

#[test]
fn the_button_says_where_and_how() {
    let outcomes = run(
        instead(|asked| {
            opened(asked, |fields| {
                format!(
                    "<form method=get action=/nowhere>{fields}<button formmethod=post formaction={LINK_PATH}>Confirm</button></form>"
                )
            })
        }),
        &[],
        &[],
    );
    outcomes.are_clean();
}

#[test]
fn a_page_in_another_encoding_is_read() {
    let outcomes = run(
        instead(|asked| {
            let page = |fields: &str| {
                format!(
                    "<title>Best\u{e4}tigung</title><form method=post>{fields}<button>Best\u{e4}tigen</button></form>"
                )
            };
            let latin: Vec<u8> = page(&asked.fields()).chars().map(|c| c as u8).collect();
            let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
            (asked.is_page() && asked.method == Method::GET).then_some(Answer { status: 200, headers, body: latin })
        }),
        &[],
        &[],
    );
    outcomes.are_clean();
}

#[test]
fn redirects_of_all_kinds_are_followed() {
    for kind in ["307", "meta", "header"] {
        // A form that is sent on to where it is taken, and pages that lead on by themselves.
        let changes = match kind {
            "307" => Changes {
                instead: |asked| match (asked.method == Method::POST, asked.target.starts_with("/moved")) {
                    (true, false) if asked.is_page() => Some(Answer {
                        status: 307,
                        headers: vec![("location".to_owned(), format!("/moved{}", asked.target))],
                        body: Vec::new(),
                    }),
                    _ => None,
                },
                asked: |mut asked| {
                    asked.target = asked.target.trim_start_matches("/moved").to_owned();
                    asked
                },
                ..NOTHING
            },
            "meta" => instead(|asked| {
                let on = asked.target.replace('&', "&amp;");
                let moved = asked.is_page() && !asked.target.contains("&on=1");
                (moved && asked.method == Method::GET)
                    .then(|| Answer::page(format!("<meta http-equiv=refresh content=\"0; url={on}&amp;on=1\">")))
            }),
            _ => instead(|asked| {
                let moved = asked.is_page() && !asked.target.contains("&on=1") && asked.method == Method::GET;
                moved.then(|| {
                    let mut answer = Answer::page("<p>One moment.</p>");
                    answer.headers.push(("refresh".to_owned(), format!("0; url={}&on=1", asked.target)));
                    answer
                })
            }),
        };
        run(changes, &["form-to-submit"], &[]).are_clean();
    }
}

#[test]
fn a_success_page_may_speak_any_language() {
    let changes = Changes {
        answered: |asked, answer| match asked.is_page()
            && String::from_utf8_lossy(&answer.body).contains("Email validated")
        {
            true => Answer { headers: answer.headers, ..Answer::page(include_str!("french.html")) },
            false => answer,
        },
        ..NOTHING
    };
    run(changes, &[], &[]).are_clean();
}

#[test]
fn a_token_may_stand_in_the_path() {
    let outcomes = run(
        Changes {
            mail: |mailed| {
                let (home, query) = mailed.link.split_once(&format!("{LINK_PATH}?")).unwrap();
                let key = hidden(query);
                vec![mailed.text(&format!("Open {home}/verify_email/{key}"))]
            },
            asked: |mut asked| {
                if let Some(key) = asked.target.strip_prefix("/verify_email/") {
                    asked.target = format!("{LINK_PATH}?{}", shown(key));
                }
                asked
            },
            ..NOTHING
        },
        &[],
        &[],
    );
    outcomes.are_clean();
    assert!(outcomes.transcript("add-email/mail-received").contains("\"carries\":\"path\""));
}

#[test]
fn a_query_of_one_value_is_changed_as_a_whole_or_not_at_all() {
    let outcomes = run(
        Changes {
            mail: |mailed| {
                let (home, query) = mailed.link.split_once(&format!("{LINK_PATH}?")).unwrap();
                let key = hidden(query);
                vec![mailed.text(&format!("Open {home}/email-verification?eyJ0eXAiOiJKV1QifQ.{key}.c2ln"))]
            },
            asked: |mut asked| {
                if let Some(query) = asked.target.strip_prefix("/email-verification?") {
                    let key = query.split('.').nth(1).unwrap_or_default();
                    asked.target = format!("{LINK_PATH}?{}", shown(key));
                }
                asked
            },
            ..NOTHING
        },
        &[],
        &[],
    );
    outcomes.are_clean();
    let (outcome, reason) = outcomes.outcome("validate-link/wrong-token", "empty");
    assert_eq!(outcome, "skip", "{reason}");
    assert!(reason.contains("could not be changed"), "{reason}");
}

#[test]
fn a_used_link_may_not_break_the_server() {
    let changes = Changes {
        answered: |asked, answer| match asked.is_page() && answer.status >= 400 {
            true => Answer { status: 500, ..Answer::page("<p>unknown session</p>") },
            false => answer,
        },
        ..NOTHING
    };
    let outcomes = super::run_some(changes, &[], &["validate-link/clicked-after-use"], &[]);
    assert!(outcomes.findings("validate-link/clicked-after-use").contains("500"));
}
