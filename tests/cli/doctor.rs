//! `threepid doctor`: what it says of a homeserver that can be tested, and of each that cannot.

use crate::program::{Ended, Place, Started, free_address};

/// An address that nobody listens at.
fn free() -> String {
    free_address().to_string()
}

/// The reference homeserver, and where it is.
fn homeserver(place: &Place, smtp: &str, more: &[&str]) -> (Started, String) {
    let serve = ["serve", "--listen", "127.0.0.1:0", "--smtp", smtp];
    let started = place.start(&[&serve[..], more].concat()).wait_for("answers at");
    let url = started.out().split("answers at ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    (started, url)
}

fn doctor(place: &Place, url: &str, smtp: &str, more: &[&str]) -> Ended {
    let asked = ["doctor", "--homeserver", url, "--smtp-listen", smtp, "--mail-timeout", "500ms"];
    place.run(&[&asked[..], more].concat())
}

/// The homeservers whose settings are named.
const KNOWN: [&str; 4] = ["synapse", "continuwuity", "tuwunel", "dendrite"];

#[track_caller]
fn says(ended: &Ended, parts: &[&str]) {
    for part in parts {
        assert!(ended.out.contains(part), "{part:?} is missing in\n{}{}", ended.out, ended.err);
    }
}

#[test]
fn a_homeserver_that_can_be_tested_is_described() {
    let (place, smtp) = (Place::new(), free());
    let (_server, url) = homeserver(&place, &smtp, &[]);
    let ended = doctor(&place, &url, &smtp, &[]).expect(0);
    let link = format!("links              ok       to {url}, with its proof in the query");
    says(&ended, &[&format!("homeserver         ok       {url} answers"), "versions           ok       ", "v1."]);
    says(
        &ended,
        &[
            "registration       ok       POST /register offers",
            "m.login.dummy",
            "account            ok       made by registration",
        ],
    );
    says(&ended, &["login              ok       GET /login lists m.login.password"]);
    says(&ended, &["mail               ok       came 0.", "without TLS, without a login", &link]);
    // The run that it leads to is told what it was told.
    says(&ended, &[&format!("It can be tested: threepid run --homeserver {url} --smtp-listen {smtp}")]);
    says(&ended, &["limits             unknown  a run makes some hundred accounts"]);
    assert!(!ended.out.contains("MISSING") && !ended.out.contains("token="), "{}", ended.out);
    assert!(place.files().is_empty(), "{:?}", place.files());
}

#[test]
fn mail_that_goes_elsewhere_is_missing() {
    let (place, smtp) = (Place::new(), free());
    // Nobody takes it: the homeserver says so. Somebody else takes it: it does not.
    let (_server, url) = homeserver(&place, &free(), &[]);
    let refused = doctor(&place, &url, &smtp, &[]).expect(3);
    let elsewhere = free();
    let _taken = place.start(&["sink", "--smtp-listen", &elsewhere]).wait_for("mail is taken at");
    let (_server, url) = homeserver(&place, &elsewhere, &[]);
    let lost = doctor(&place, &url, &smtp, &[]).expect(3);
    says(&lost, &["none came within 0.5 s", "--mail-timeout"]);
    for ended in [&refused, &lost] {
        says(ended, &["account            ok", "mail               MISSING", &smtp, "without TLS and without a login"]);
        says(ended, &KNOWN);
        says(
            ended,
            &["`smtp_host`, `smtp_port` and `notif_from` under `email`", "`connection_uri` under `[global.smtp]`"],
        );
        assert!(!ended.out.contains("It can be tested"), "{}", ended.out);
    }
}

/// Whoever has found the sink is not told where it is.
#[test]
fn a_mailer_that_sends_nothing_is_described() {
    let (place, smtp) = (Place::new(), free());
    let (_server, url) = homeserver(&place, &smtp, &[]);
    let ended = doctor(&place, &url, &smtp, &["--smtp-user", "a:b"]).expect(3);
    says(
        &ended,
        &["mail               MISSING", "came to the sink", "was refused because it did not log in", "--smtp-user"],
    );
    assert!(!ended.out.contains("smtp_host") && !ended.out.contains("mail is taken at"), "{}", ended.out);
}

#[test]
fn a_homeserver_without_mail_is_told_so_unless_it_is_meant() {
    let (place, smtp) = (Place::new(), free());
    let (_server, url) = homeserver(&place, &smtp, &["--variant", "no-mail"]);
    let ended = doctor(&place, &url, &smtp, &[]).expect(3);
    says(&ended, &["mail               MISSING", "it sends none", "--offers no-mail", "connection_uri"]);
    says(&doctor(&place, &url, &smtp, &["--offers", "no-mail"]).expect(0), &["It can be tested"]);
}

#[test]
fn closed_registration_is_missing() {
    let (place, smtp) = (Place::new(), free());
    let (_server, url) = homeserver(&place, &smtp, &["--variant", "registration-disabled"]);
    let ended = doctor(&place, &url, &smtp, &[]).expect(3);
    says(&ended, &["registration       no", "account            MISSING", "--accounts FILE"]);
    says(&ended, &KNOWN);
    says(&ended, &["enable_registration: true", "allow_registration = true", "registration_disabled: false"]);
}

#[test]
fn links_that_lead_elsewhere_are_missing() {
    let (place, smtp) = (Place::new(), free());
    let (_server, url) = homeserver(&place, &smtp, &["--public-url", "https://matrix.example.org"]);
    let ended = doctor(&place, &url, &smtp, &[]).expect(3);
    says(
        &ended,
        &[
            "mail               ok",
            "links              MISSING",
            "--public-url https://matrix.example.org",
            "public_baseurl",
        ],
    );
    doctor(&place, &url, &smtp, &["--public-url", "https://matrix.example.org"]).expect(0);
}

#[test]
fn a_wrong_port_is_no_homeserver() {
    let (place, smtp, nowhere) = (Place::new(), free(), free());
    let ended = doctor(&place, &format!("http://{nowhere}"), &smtp, &[]).expect(3);
    says(&ended, &["homeserver         MISSING", "nothing answers", &nowhere, "`listeners` in homeserver.yaml"]);
    says(&ended, &KNOWN);
    // Another server at the port is not one either.
    let listener = free();
    let _sink = place.start(&["sink", "--smtp-listen", &smtp, "--http-listen", &listener]).wait_for("mail is taken at");
    let ended = doctor(&place, &format!("http://{listener}"), &free(), &[]).expect(3);
    says(&ended, &["homeserver         MISSING", "is not a homeserver's"]);
}

/// A limit says nothing about mail.
#[test]
fn a_homeserver_that_limits_requests_for_mail_is_told_which_limits_to_lift() {
    let (place, smtp) = (Place::new(), free());
    let (_server, url) = homeserver(&place, &smtp, &["--variant", "rate-limits"]);
    let limited = (0..8).map(|_| doctor(&place, &url, &smtp, &["--account-timeout", "1s"]));
    let ended = limited.into_iter().find(|ended| ended.out.contains("429 M_LIMIT_EXCEEDED")).expect("it has limits");
    says(&ended, &["limits             MISSING", "lift its limits for it", "`rc_3pid_validation`"]);
    assert!(!ended.out.contains("smtp_host"), "{}", ended.out);
}
