//! Mails.

use super::bridge::{Changes, Mailed};
use super::{NOTHING, run, run_some};

fn with(mail: fn(&Mailed) -> Vec<String>) -> Changes {
    Changes { mail, ..NOTHING }
}

#[test]
fn notices_welcomes_and_second_copies_are_set_aside() {
    let outcomes = run(
        with(|mailed| {
            let notice = mailed.text("Somebody asked for a mail to this address. Not you? Tell the support.");
            let welcome =
                mailed.text("Welcome! Your home is at http://127.0.0.1:8008/ and questions go to help@hs.test.");
            vec![notice, mailed.raw.clone(), mailed.raw.clone(), welcome]
        }),
        &[],
        &[],
    );
    outcomes.are_clean();
    assert!(outcomes.transcript("add-email/success").contains("mail that carries neither a link nor a code"));
    assert!(outcomes.transcript("add-email/mail-received").contains("a second copy of a mail"));
}

#[test]
fn a_notice_alone_is_no_link() {
    let outcomes = run_some(
        with(|mailed| vec![mailed.text("Your address is welcome here.")]),
        &[],
        &["add-email/mail-received"],
        &[],
    );
    let findings = outcomes.findings("add-email/mail-received");
    assert!(findings.contains("with neither a link nor a code: Confirm your address"), "{findings}");
}

#[test]
fn a_code_is_submitted_where_the_answer_says() {
    let code = with(|mailed| vec![mailed.text(&format!("The code for your address is {}", mailed.parameter("token")))]);
    let outcomes = run(code, &["submit-url"], &[]);
    outcomes.are_clean();
    let transcript = outcomes.transcript("add-email/success");
    assert!(
        transcript.contains("/_reference/email/submit") && !transcript.contains("/_reference/email/confirm"),
        "{transcript}"
    );
    // Right, wrong, of another session: nothing is left out for want of a link.
    for id in ["add-email/submit-url", "validate-link/other-sessions-token"] {
        assert_eq!(outcomes.outcome(id, "").0, "pass", "{id}");
    }
    assert_eq!(outcomes.outcome("validate-link/wrong-token", "one-letter-off").0, "pass");
    let (outcome, reason) = outcomes.outcome("validate-link/head-only", "");
    assert_eq!((outcome.as_str(), reason.contains("a code to type")), ("skip", true), "{reason}");
}

#[test]
fn a_code_that_nothing_takes_cannot_be_told() {
    let code = with(|mailed| vec![mailed.text(&format!("The code for your address is {}", mailed.parameter("token")))]);
    run(code, &[], &[]).cannot_be_told("no submit_url to send it to");
}

#[test]
fn a_link_cut_by_a_line_end_is_joined_and_noted() {
    let outcomes = run(
        with(|mailed| {
            let (head, tail) = mailed.link.split_at(mailed.link.find("client_secret=").unwrap() + 3);
            let html = mailed.link.replace('&', "&amp;");
            let body = format!(
                "--=_b\nContent-Type: text/plain; charset=utf-8\n\n{head}\n{tail}\n--=_b\nContent-Type: text/html; \
                 charset=utf-8\n\n<a href=\"{html}\">Confirm</a>\n--=_b--"
            );
            vec![mailed.instead("Confirm", "Content-Type: multipart/alternative; boundary=\"=_b\"", &body)]
        }),
        &[],
        &[],
    );
    outcomes.are_clean();
    let findings = outcomes.findings("validate-link/whole-link");
    assert!(findings.contains("broken"), "{findings}");
}

#[test]
fn a_footer_need_not_have_the_link() {
    let outcomes = run(
        with(|mailed| {
            let html = mailed.link.replace('&', "&amp;");
            let body = format!(
                "--=_m\nContent-Type: multipart/alternative; boundary=\"=_a\"\n\n--=_a\nContent-Type: text/plain\n\n{}\n--=_a\n\
                 Content-Type: text/html\n\n<a href=\"{html}\">Confirm</a>\n--=_a--\n--=_m\nContent-Type: text/plain\n\n-- \n\
                 This message passed a gateway.\n--=_m--",
                mailed.link
            );
            vec![mailed.instead("Confirm", "Content-Type: multipart/mixed; boundary=\"=_m\"", &body)]
        }),
        &[],
        &[],
    );
    outcomes.are_clean();
    assert!(!outcomes.findings("add-email/mail-received").contains("same_in_all_parts"));
}

#[test]
fn the_link_that_carries_something_wins_over_the_home_page() {
    let outcomes =
        run(
            with(|mailed| {
                let home = mailed.link.split("/_reference").next().unwrap();
                vec![mailed.text(&format!(
                    "Welcome to the board at {home}/\n\nPlease activate your account:\n\n{}",
                    mailed.link
                ))]
            }),
            &[],
            &[],
        );
    outcomes.are_clean();
}

#[test]
fn between_two_links_that_are_equal_nothing_is_chosen() {
    let outcomes = run_some(
        with(|mailed| {
            let refuse = mailed.link.replace("/confirm", "/refuse");
            vec![mailed.text(&format!("Yes: {}\nNo: {refuse}", mailed.link))]
        }),
        &[],
        &["add-email/success", "validate-link/wrong-token"],
        &[],
    );
    outcomes.cannot_be_told("look equally like the one to use");
}

#[test]
fn a_link_behind_a_large_picture_was_cut_off() {
    let mail = with(|mailed| {
        let logo = "A".repeat(600_000);
        let html = mailed.link.replace('&', "&amp;");
        let page = format!("<img src=\"data:image/png;base64,{logo}\">\n<a href=\"{html}\">Confirm</a>");
        vec![mailed.instead("Confirm", "Content-Type: text/html; charset=utf-8", &page)]
    });
    let some = ["add-email/success", "validate-link/wrong-token"];
    run_some(mail, &[], &some, &[]).cannot_be_told("--mail-text-limit");
    let outcomes = run_some(mail, &[], &some, &["--mail-text-limit", "1000000"]);
    outcomes.are_clean();
}
