//! The arguments that repeat one trial of a run.
//!
//! Takes the arguments that were given; gives those that say what was tested and how it was judged. Secrets, and where
//! results went, are left out.

use super::super::args::{FailOn, RunArgs};
use threepid_record::model::TargetInfo;

/// The arguments, without the filters, the seed and the prefix: those are of each trial.
pub(super) fn arguments(args: &RunArgs, target: Option<&str>, info: &TargetInfo) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
    if let Some(name) = target {
        add("--target", name.to_owned());
    }
    if let Some(given) = &args.homeserver {
        // An address may have a password or a token in it, which stands in no record.
        let plain = !given.contains(['@', '?', '#']);
        add("--homeserver", if plain { given.clone() } else { info.url.clone() });
    }
    if let Some(url) = &args.public_url {
        add("--public-url", if url.contains(['@', '?', '#']) { info.public_url.clone() } else { url.clone() });
    }
    args.offers.iter().for_each(|need| add("--offers", need.clone()));
    if let Some(listen) = args.smtp_listen {
        add("--smtp-listen", listen.to_string());
    }
    if let Some(variant) = &args.variant {
        add("--variant", variant.clone());
    }
    if let Some(folder) = &args.scenarios.scenarios {
        add("--scenarios", folder.display().to_string());
    }
    if let Some(file) = &args.provision.accounts {
        add("--accounts", file.display().to_string());
    }
    if let Some(file) = &args.http.cacert {
        add("--cacert", file.display().to_string());
    }
    match args.fail_on {
        FailOn::Must => {}
        FailOn::Should => add("--fail-on", "should".to_owned()),
        FailOn::Convention => add("--fail-on", "convention".to_owned()),
    }
    args.defect.iter().for_each(|name| add("--defect", name.clone()));
    args.shape.iter().for_each(|name| add("--shape", name.clone()));
    if args.smtp_starttls {
        words.push("--smtp-starttls".to_owned());
    }
    words
}
