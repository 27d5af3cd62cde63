//! The pages that are looked at: of a real run with a defect, of the same run as a hostile server would have it, and
//! of two runs side by side.

use std::path::Path;
use std::process::Command;

use threepid::model::{Body, Event, Exchange, Mail, Part, Report};
use threepid::report::{html, json};

/// What a hostile server would like a page to run: whatever of it does sets `owned`.
pub(crate) const HOSTILE: &str = "<script>window.owned=1</script><img src=x onerror=\"window.owned=1\">\
    </script><script>window.owned=1</script></style></title></textarea>]]><!--\"'><svg/onload=window.owned=1>\
    <a href=\"javascript:window.owned=1\" id=hostile-link>j</a><iframe srcdoc=\"<script>parent.owned=1</script>\"></iframe>\
    </details></main><form action=//evil.example><base href=//evil.example><meta http-equiv=refresh content=\"0;url=//evil.example\">\
    ${window.owned=1} \u{202e} \u{0} \u{1b}[2J";

/// How many trials the long page has.
pub(crate) const LONG: usize = 200;

pub(crate) struct Pages {
    folder: tempfile::TempDir,
    /// How many trials the run had.
    pub(crate) trials: usize,
}

impl Pages {
    /// Runs the suite twice, and makes the pages.
    pub(crate) fn make() -> Result<Pages, String> {
        let folder = tempfile::tempdir().map_err(|fault| fault.to_string())?;
        let broken = run(folder.path(), "broken", &["--defect", "accepts-any-password"])?;
        let other = run(folder.path(), "other", &["--shape", "text-only-mail"])?;
        let write = |name: &str, reports: &[Report]| {
            html::write(&folder.path().join(name), reports).map_err(|fault| fault.to_string())
        };
        write("single.html", std::slice::from_ref(&broken))?;
        write("long.html", &[long(broken.clone())])?;
        write("hostile.html", &[hostile(broken.clone())])?;
        write("matrix.html", &[broken.clone(), other.clone()])?;
        write("hostile-matrix.html", &[hostile(broken.clone()), hostile(other)])?;
        Ok(Pages { folder, trials: broken.trials.len() })
    }

    /// The address of a page.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.path().display())
    }
}

fn run(folder: &Path, name: &str, arguments: &[&str]) -> Result<Report, String> {
    let output = folder.join(name);
    let ended = Command::new(env!("CARGO_BIN_EXE_threepid"))
        .args([
            "run",
            "add-email/wrong-password",
            "add-email/success",
            "add-email/mail-received",
            "add-email/email-in-use",
        ])
        .args(["remove-email", "--seed", "1", "--output"])
        .arg(&output)
        .args(arguments)
        .env_remove("CI")
        .output()
        .map_err(|fault| fault.to_string())?;
    json::read(&output.join("report.json"))
        .map_err(|fault| format!("{fault}; the run said:\n{}", String::from_utf8_lossy(&ended.stderr)))
}

/// The record with its trials again and again, each time under other names.
fn long(mut report: Report) -> Report {
    let once = report.trials.clone();
    report.trials = (0..LONG)
        .map(|index| {
            let mut trial = once[index % once.len()].clone();
            trial.id = format!("{}-{index}", trial.id);
            trial
        })
        .collect();
    report
}

/// The record with everything that a server can say replaced.
fn hostile(mut report: Report) -> Report {
    let say = || HOSTILE.to_owned();
    report.target.name = say();
    report.target.server = Some(say());
    report.target.versions = vec![say()];
    for trial in &mut report.trials {
        trial.reason = say().into();
        for choice in &mut trial.choices {
            choice.chosen = say();
        }
        for finding in &mut trial.findings {
            (finding.actual, finding.expected) = (say(), say());
        }
        for entry in &mut trial.transcript.entries {
            match &mut entry.event {
                Event::Exchange(one) => exchange(one),
                Event::Visit(visit) => {
                    visit.hops.iter_mut().for_each(exchange);
                    (visit.text, visit.link) = (say(), "javascript:window.owned=1".to_owned());
                }
                Event::Delivery(delivery) => delivery.mails.iter_mut().for_each(mail),
                Event::NoMailWindow(silence) => silence.mails.iter_mut().for_each(mail),
                Event::Stop(stop) => stop.message = say(),
                _ => {}
            }
        }
    }
    report
}

fn body() -> Body {
    Body { text: Some(HOSTILE.to_owned()), size_bytes: HOSTILE.len() as u64, ..Body::default() }
}

fn exchange(exchange: &mut Exchange) {
    exchange.request.url = format!("http://127.0.0.1/{HOSTILE}");
    if let Some(response) = &mut exchange.response {
        response.body = body();
        response.headers = vec![("content-type".into(), "text/html".into()), ("x".into(), HOSTILE.into())];
    }
}

fn mail(mail: &mut Mail) {
    mail.raw = body();
    mail.headers = vec![("subject".into(), HOSTILE.into()), ("from".into(), HOSTILE.into())];
    mail.parts = ["text/plain", "text/html"]
        .into_iter()
        .map(|kind| Part {
            content_type: kind.into(),
            charset: HOSTILE.into(),
            transfer_encoding: "7bit".into(),
            text: HOSTILE.into(),
            alternative: None,
        })
        .collect();
    for link in &mut mail.links {
        link.url = "javascript:window.owned=1".into();
    }
}
