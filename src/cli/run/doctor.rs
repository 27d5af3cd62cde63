//! `threepid doctor`: the preflight of a run as a command of its own.
//!
//! Takes where a homeserver is; says what the preflight found, step by step, and for what is missing the setting, for each
//! homeserver that there is a profile of. It asks nothing that a run would not ask, tests nothing, and has no opinion of its
//! own on what was found.

use url::Url;

use super::super::args::DoctorArgs;
use super::super::exit::Exit;
use super::super::interrupt::Interrupt;
use super::super::terminal::{self, Terminal};
use super::not_run::without_user;
use super::prepare::{Known, One, Prepared, prepare, said};
use super::repeat;
use crate::target::{Found, Kind, Method, Missing, Profile, Watch, builtin_profiles};
use threepid_record::model::{Carrier, Mail};
use threepid_views::report::{again, visible};

pub(in crate::cli) async fn doctor(args: DoctorArgs, terminal: Terminal) -> Exit {
    let args = match args.into_run() {
        Ok(args) => args,
        Err(fault) => {
            terminal::error(&fault.to_string());
            return Exit::Usage;
        }
    };
    let one = One { target: None, output: None, seed: crate::random::number(), deviations: Known::Excused };
    match prepare(&args, &one, terminal) {
        Ok(prepared) => {
            let interrupt = Interrupt::listen();
            tokio::select! {
                exit = prepared.examine() => exit,
                () = interrupt.stop.cancelled() => Exit::Interrupted,
            }
        }
        Err(refused) => said(refused),
    }
}

impl Prepared<'_> {
    /// Has the preflight done, and says what it found.
    async fn examine(&self) -> Exit {
        let given = self.args.homeserver.clone().unwrap_or_default();
        let sink = match self.sink().await {
            Ok(sink) => sink,
            Err(message) => {
                terminal::error(&message);
                return Exit::Failure;
            }
        };
        let watch = Watch::default();
        let started = match self.starter(&sink) {
            Ok(starter) => {
                let variant = self.groups.first().map_or("plain", |(variant, _)| variant.as_str());
                super::super::start::Starter { watch: watch.clone(), ..starter }.start(variant).await
            }
            Err(message) => Err(message),
        };
        let reached = match &started {
            Ok(started) => started.session.target.info.url.clone(),
            Err(_) => plain(&given),
        };
        let problem = started.as_ref().err().cloned();
        let info = started.as_ref().ok().map(|started| started.session.target.info.clone());
        if let Ok(started) = started {
            started.stop().await;
        }
        let smtp = sink.addr().to_string();
        sink.shutdown().await;
        let report = Report { found: watch.found(), reached, problem, smtp, cacert: self.authorities.is_some() };
        let (text, missing) = report.lines();
        terminal::out(&text);
        if missing {
            return Exit::Failure;
        }
        if let Some(info) = &info {
            let repeat = repeat::arguments(self.args, None, info);
            let run = again::line(["threepid", "run"].into_iter().chain(repeat.iter().map(String::as_str)));
            terminal::out(&format!("\nIt can be tested: {}{}\n", visible(&run), self.with_secrets()));
        }
        Exit::Ok
    }
}

impl Prepared<'_> {
    /// What the line above does not show.
    fn with_secrets(&self) -> String {
        let given = &self.args.provision;
        let given = [
            ("--registration-token", given.registration_token.is_some()),
            ("--registration-shared-secret", given.registration_shared_secret.is_some()),
        ];
        let given: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect();
        if given.is_empty() { String::new() } else { format!(", with the same {}", given.join(" and ")) }
    }
}

/// What was given, without a user and a password in it. It may be a server's name.
fn plain(given: &str) -> String {
    match without_user(given) {
        none if none.is_empty() => given.to_owned(),
        address => address,
    }
}

/// What there is to say.
struct Report {
    found: Found,
    /// The address that was asked.
    reached: String,
    /// Why the preflight went no further.
    problem: Option<String>,
    /// Where mail was taken.
    smtp: String,
    /// Whether authorities were given.
    cacert: bool,
}

impl Report {
    /// All of it, and whether something is missing.
    fn lines(&self) -> (String, bool) {
        let Found { versions, server, abilities, account, mail, .. } = &self.found;
        let mut text = String::new();
        let mut line = |name: &str, state: &str, what: &str| {
            text.push_str(&format!("{name:<18} {state:<8} {}\n", visible(what)));
        };
        let ability = |name: &str| abilities.iter().find(|ability| ability.name == name);
        if !versions.is_empty() {
            let own = server.as_ref().map(|name| format!(", and calls itself {name}")).unwrap_or_default();
            line("homeserver", "ok", &format!("{} answers{own}", self.reached));
            if let Some(host) = Url::parse(&self.reached).ok().filter(|url| url.scheme() == "https") {
                let by = if self.cacert { "the system or --cacert" } else { "the system" };
                let host = host.host_str().unwrap_or_default().to_owned();
                line("certificate", "ok", &format!("valid for {host}, of an authority that {by} trusts"));
            }
            line("versions", "ok", &versions.join(", "));
        }
        for (name, shown) in [("registration", "registration"), ("password-login", "login")] {
            if let Some(known) = ability(name) {
                line(shown, if known.offered { "ok" } else { "no" }, &known.reason);
            }
        }
        if let Some(method) = account {
            let how = match method {
                Method::Given => "one of those in --accounts",
                Method::Registration => "made by registration",
                Method::SharedSecret => "made with the administrator's shared secret",
            };
            line("account", "ok", how);
        }
        if let Some(mail) = mail {
            line("mail", "ok", &arrival(mail, self.found.mail_delay.as_secs_f64()));
            if self.found.missing != Some(Missing::PublicUrl) {
                line("links", "ok", &links(mail));
            }
        }
        let unmailed = ability("email").filter(|email| !email.offered);
        let unmailed = unmailed.filter(|_| !ability("no-mail").is_some_and(|known| known.offered));
        let missing = match (self.found.missing, &self.problem, unmailed) {
            (Some(missing), Some(problem), _) => Some((missing, problem.clone())),
            (None, Some(problem), _) => Some((Missing::Homeserver, problem.clone())),
            (_, None, Some(email)) => {
                Some((Missing::Mail, format!("it sends none: {} (if that is meant: --offers no-mail)", email.reason)))
            }
            (_, None, None) => None,
        };
        if let Some((kind, problem)) = &missing {
            let name = match kind {
                Missing::Homeserver => "homeserver",
                Missing::Accounts => "account",
                Missing::Mail => "mail",
                Missing::PublicUrl => "links",
                Missing::Limits => "limits",
                Missing::Answer => "answer",
            };
            line(name, "MISSING", problem);
            if !self.found.sink_was_reached {
                text.push_str(&self.settings(*kind));
            }
        } else {
            let others = abilities.iter().filter(|known| !SHOWN.contains(&known.name.as_str()));
            for known in others {
                line(&known.name, if known.offered { "ok" } else { "no" }, &known.reason);
            }
            // One request for one mail cannot show them.
            line("limits", "unknown", "a run makes some hundred accounts and asks for as many mails within minutes");
            text.push_str(&self.settings(Missing::Limits));
        }
        (text, missing.is_some())
    }

    /// The setting for what is missing, for the homeserver that it says it is, or else for each that is known.
    fn settings(&self, missing: Missing) -> String {
        let profiles: Vec<Profile> = builtin_profiles()
            .into_iter()
            .filter_map(|name| Profile::load(&name).ok())
            .filter(|profile| profile.kind == Kind::Managed)
            .collect();
        let hint = |profile: &Profile| {
            let hints = &profile.hints;
            match missing {
                Missing::Homeserver => hints.listen.clone(),
                Missing::Accounts => hints.accounts.clone(),
                Missing::Mail => profile.mail_hint.clone(),
                Missing::PublicUrl => hints.public_url.clone(),
                Missing::Limits => hints.limits.clone(),
                Missing::Answer => None,
            }
        };
        let says = self.found.server.as_deref().unwrap_or_default().to_ascii_lowercase();
        let itself = |profile: &&Profile| says.contains(&profile.name);
        let known = profiles.iter().any(|profile| itself(&profile));
        let mut text = String::new();
        for profile in profiles.iter().filter(|profile| !known || itself(profile)) {
            if let Some(hint) = hint(profile) {
                text.push_str(&format!("{:<18} {:<12} {hint}\n", "", profile.name));
            }
        }
        if missing == Missing::Mail && !text.is_empty() {
            text.push_str(&format!("{:<18} {:<12} mail is taken at {}\n", "", "", self.smtp));
        }
        text
    }
}

/// What has a line of its own.
const SHOWN: [&str; 7] =
    ["registration", "password-login", "email", "api-v3", "api-r0", "registration-token", "no-mail"];

/// How the mail came.
fn arrival(mail: &Mail, seconds: f64) -> String {
    let Mail { envelope, session, .. } = mail;
    let from = if envelope.from.is_empty() { "the null sender" } else { &envelope.from };
    let tls = if session.tls { "with TLS" } else { "without TLS" };
    let login = match &session.auth_user {
        Some(user) => format!("with a login as {user}"),
        None => "without a login".to_owned(),
    };
    format!("came {seconds:.1} s after the answer, from {from} ({}), {tls}, {login}", session.helo)
}

/// Where the links lead, without what they prove.
fn links(mail: &Mail) -> String {
    let web = mail.links.iter().filter_map(|link| Some((link, Url::parse(&link.url).ok()?)));
    let mut web = web.filter(|(_, url)| matches!(url.scheme(), "http" | "https"));
    let Some((link, url)) = web.next() else {
        return match mail.codes.is_empty() {
            true => "the mail has none; scenarios will say what they think of that".to_owned(),
            false => "the mail has a code instead".to_owned(),
        };
    };
    let proof = match link.carries {
        Some(Carrier::Query) => "with its proof in the query",
        Some(Carrier::Path) => "with its proof in the path",
        Some(Carrier::Fragment) => "with its proof behind the #",
        None => "without a proof in it",
    };
    let more = match web.count() {
        0 => String::new(),
        1 => ", and 1 more link".to_owned(),
        more => format!(", and {more} more links"),
    };
    format!("to {}, {proof}{more}", url.origin().ascii_serialization())
}
