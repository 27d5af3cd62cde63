//! What can be known of a run before anything is started.
//!
//! Takes the arguments; gives the scenarios to run on each variant, and how they are judged, or an exit code with a
//! message that says what to do; starts nothing and writes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::args::RunArgs;
use super::super::exit::Exit;
use super::super::load;
use super::super::terminal::{self, Terminal};
use crate::browser::Browser;
use crate::snapshots::Mode;
use crate::suite::{Authorities, Halt, Settings, Snapshots, known_deviations};
use crate::target::{Kind, Profile, ProfileError, check_address};
use threepid_engine::plan::{Selection, VariantOffer, assign};
use threepid_engine::scenario::{NEEDS, Suite, nearest};
use threepid_wire::http::Shared;

/// Why a run does not begin: an exit code, and a message unless all has been said.
pub(super) type Refused = (Exit, Option<String>);

/// Says why a run does not begin.
pub(super) fn said((exit, message): Refused) -> Exit {
    if let Some(message) = message {
        terminal::error(&message);
    }
    exit
}

fn usage(message: impl ToString) -> Refused {
    (Exit::Usage, Some(message.to_string()))
}

/// A selected scenario and its selected cases, by their places in the suite.
pub(super) type Selected = (usize, Vec<usize>);

/// What one target of a run has for itself.
pub(super) struct One {
    /// What follows `--target`.
    pub(super) target: Option<String>,
    /// The folder for its record.
    pub(super) output: Option<PathBuf>,
    /// The seed of all values.
    pub(super) seed: u64,
    /// What becomes of the deviations that its profile knows.
    pub(super) deviations: Known,
}

/// What becomes of the deviations that a profile knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Known {
    /// They are no failures.
    Excused,
    /// They are left out of account, so that a release with a list is judged as those without.
    Ignored,
}

/// Everything that can be known before anything is started.
pub(super) struct Prepared<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) terminal: Terminal,
    pub(super) suite: Arc<Suite>,
    pub(super) profile: Profile,
    pub(super) settings: Arc<Settings>,
    /// Variant by variant: its name, and the selected scenarios that run on it.
    pub(super) groups: Vec<(String, Vec<Selected>)>,
    /// Scenarios that no variant can run, with the reason.
    pub(super) unfit: Vec<(usize, Vec<usize>, String)>,
    /// The rules over all exchanges that are shown.
    pub(super) rules: Vec<String>,
    /// Whether they alone are shown.
    pub(super) only_rules: bool,
    pub(super) seed: u64,
    /// What follows `--target`.
    pub(super) target: Option<String>,
    /// The folder for the record and its reports.
    pub(super) output: Option<PathBuf>,
    /// Certificate authorities to trust.
    pub(super) authorities: Option<Authorities>,
    /// What opens pages that plain HTTP cannot decide.
    pub(super) browser: Arc<Browser>,
}

pub(super) fn prepare<'a>(args: &'a RunArgs, one: &One, terminal: Terminal) -> Result<Prepared<'a>, Refused> {
    let selection = Selection { filters: args.filters.clone(), partition: args.partition };
    let suite = load::selected(args.scenarios.scenarios.as_deref(), &selection, terminal);
    let suite = Arc::new(suite.map_err(|exit| (exit, None))?);
    let mut profile = profile(args, one.target.as_deref())?;
    if one.deviations == Known::Ignored {
        profile.deviations.clear();
    }
    given(args)?;
    let embedded = profile.kind == Kind::Embedded && args.homeserver.is_none();
    if !embedded && (!args.defect.is_empty() || !args.shape.is_empty()) {
        return Err(usage("--defect and --shape are for the reference homeserver (--target reference)"));
    }
    // Somebody may have written reasons into it.
    if let Some(path) = args.write_deviations.as_ref().filter(|path| path.exists()) {
        return Err(usage(format!(
            "{} is there already (--write-deviations): give a file that is not, and take over what you need",
            path.display()
        )));
    }
    let selected = selection.of(&suite).map_err(|nothing| (Exit::Nothing, Some(nothing.to_string())))?;
    let offers = offers(args, &profile, &suite)?;
    let mut groups: Vec<(String, Vec<Selected>)> =
        offers.iter().map(|offer| (offer.name.clone(), Vec::new())).collect();
    let mut unfit = Vec::new();
    for (scenario, cases) in selected {
        match assign(&suite.scenarios[scenario], &offers) {
            Ok(variant) => groups[variant].1.push((scenario, cases)),
            Err(reason) => unfit.push((scenario, cases, reason)),
        }
    }
    // Even if nothing can run on it: what the target is belongs into the record.
    if groups.iter().all(|(_, scenarios)| scenarios.is_empty()) {
        groups.truncate(1);
    } else {
        groups.retain(|(_, scenarios)| !scenarios.is_empty());
    }
    Ok(Prepared {
        rules: selection.rules(&suite),
        only_rules: selection.only_rules(),
        args,
        terminal,
        settings: Arc::new(settings(args, &profile, &suite)?),
        suite,
        profile,
        groups,
        unfit,
        seed: one.seed,
        target: one.target.clone(),
        output: one.output.clone(),
        authorities: args.http.cacert.as_deref().map(authorities).transpose()?,
        browser: Arc::new(Browser::find(&args.browser).map_err(|fault| (Exit::Failure, Some(fault.to_string())))?),
    })
}

fn profile(args: &RunArgs, target: Option<&str>) -> Result<Profile, Refused> {
    match (target, &args.homeserver) {
        (Some(name), _) => Profile::load(name).map_err(|fault| match fault {
            // A release that there is not is a target that cannot be had, like one that cannot be installed.
            ProfileError::NoRelease { .. } => (Exit::Failure, Some(fault.to_string())),
            other => usage(other),
        }),
        (None, Some(_)) => Profile::parse(ANY_HOMESERVER, "--homeserver").map_err(usage),
        (None, None) => Profile::load("reference").map_err(usage),
    }
}

/// That what was given for a homeserver and its accounts can be meant: before anything is started or asked.
fn given(args: &RunArgs) -> Result<(), Refused> {
    if let Some(address) = &args.homeserver {
        check_address(address, args.public_url.as_deref()).map_err(|fault| usage(format!("{fault} (--homeserver)")))?;
    }
    if let Some(path) = &args.provision.accounts {
        super::super::start::given(path).map_err(usage)?;
    }
    Ok(())
}

/// The certificate authorities in a file.
fn authorities(path: &Path) -> Result<Authorities, Refused> {
    let file = path.display().to_string();
    let pem = std::fs::read(path).map_err(|fault| usage(format!("cannot read {file} (--cacert): {fault}")))?;
    Shared::with_pem(&pem, &file).map_err(usage)?;
    Ok(Authorities { pem, file })
}

/// What is known of a homeserver of which only the address is given.
const ANY_HOMESERVER: &str =
    "name = \"homeserver\"\ndescription = \"a homeserver that was already running\"\nkind = \"external\"\n";

/// That an offer is something a scenario can need.
fn known(offer: &str, suite: &Suite) -> Result<(), String> {
    let needs = || {
        let named = suite.scenarios.iter().flat_map(|scenario| &scenario.needs).map(String::as_str);
        NEEDS.iter().map(|need| need.name).chain(named)
    };
    if needs().any(|need| need == offer) {
        return Ok(());
    }
    Err(match nearest(offer, needs()) {
        Some(near) => format!("unknown ability `{offer}`; did you mean `{near}`?"),
        None => {
            let configured: Vec<&str> = NEEDS.iter().filter(|need| need.configured).map(|need| need.name).collect();
            format!("unknown ability `{offer}` (known: {})", configured.join(", "))
        }
    })
}

/// The variants to choose from, and what the configuration of each gives.
fn offers(args: &RunArgs, profile: &Profile, suite: &Suite) -> Result<Vec<VariantOffer>, Refused> {
    for offer in &args.offers {
        known(offer, suite).map_err(|fault| usage(format!("{fault} (--offers)")))?;
    }
    // A server that is already running is as it is.
    let names: Vec<&str> = match (&args.variant, &args.homeserver) {
        (Some(name), _) => vec![name.as_str()],
        (None, Some(_)) => vec![profile.variant_names()[0]],
        (None, None) => profile.variant_names(),
    };
    names
        .into_iter()
        .map(|name| {
            let resolved = profile.resolve(name).map_err(usage)?;
            for offer in &resolved.offers {
                let place = format!("{}, `variants.{name}.offers`", profile.file);
                known(offer, suite).map_err(|fault| usage(format!("{place}: {fault}")))?;
            }
            let mut gives = resolved.offers;
            gives.extend(args.offers.iter().cloned());
            gives.push(name.to_owned());
            Ok(VariantOffer { name: name.to_owned(), gives })
        })
        .collect()
}

fn settings(args: &RunArgs, profile: &Profile, suite: &Suite) -> Result<Settings, Refused> {
    // Somebody's own scenarios need not be those that the profile speaks of.
    let of = args.scenarios.scenarios.is_none().then_some(suite);
    let deviations = known_deviations(profile, of).map_err(usage)?;
    Ok(Settings {
        jobs: usize::from(args.jobs),
        fail_fast: args.fail_fast,
        failed: Default::default(),
        halt: Halt::new(args.rate_limited_trials as usize),
        fail_on: args.fail_on.into(),
        deviations,
        snapshots: snapshots(args, &profile.label())?,
    })
}

/// What answers are compared with. Unasked, only what is there is looked at, and nothing is ever written.
fn snapshots(args: &RunArgs, target: &str) -> Result<Option<Snapshots>, Refused> {
    let mode = match args.snapshots {
        Some(mode) => mode.into(),
        None if std::env::var_os("CI").is_some_and(|value| !value.is_empty()) => {
            if args.snapshot_dir.join(target).is_dir() { Mode::Check } else { Mode::Off }
        }
        None => Mode::Off,
    };
    if mode == Mode::Off {
        return Ok(None);
    }
    let snapshots = Snapshots::new(args.snapshot_dir.clone(), mode, target);
    if mode == Mode::Check && !snapshots.folder().is_dir() {
        return Err(usage(format!(
            "there are no snapshots in {} to check against: make them with --snapshots accept, or say with \
             --snapshot-dir where they are",
            snapshots.folder().display()
        )));
    }
    Ok(Some(snapshots))
}
