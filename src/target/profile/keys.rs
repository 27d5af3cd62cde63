//! What a profile's file may say, key by key.
//!
//! Takes the values as TOML has them; whether they make sense, is not seen here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::target::accounts::Method;
use crate::target::administration::Administration;
use threepid_record::model::Level;

/// What is known beforehand about one homeserver.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: String,
    /// One sentence for `threepid list` and reports.
    pub description: String,
    /// Who starts it.
    pub kind: Kind,
    /// Where it is, for `external`; the command line may say otherwise.
    pub homeserver: Option<String>,
    /// The origin of its links, if it is not the one where it is reached. May hold placeholders.
    pub public_url: Option<String>,
    /// Where its SMTP settings are, for the message that no mail came: `email.smtp_host in homeserver.yaml`.
    pub mail_hint: Option<String>,
    /// Where its other settings are that a test needs.
    #[serde(default)]
    pub hints: Hints,
    /// How its software is installed, for `managed`.
    pub install: Option<Install>,
    /// How it is started, for `managed`.
    pub server: Option<Server>,
    /// Its settings, the same for all variants. For `managed` they are written to [`Server::config_file`];
    /// for `embedded` the embedded homeserver takes them.
    #[serde(default)]
    pub config: Map<String, Value>,
    /// How accounts come to be.
    #[serde(default)]
    pub accounts: AccountsSection,
    /// What its administrator does to accounts; a variant that lets one do it offers `account-locks` or
    /// `account-suspension`.
    #[serde(default)]
    pub administration: Administration,
    /// Its variants by name. Without any there is `plain`.
    #[serde(default)]
    pub variants: BTreeMap<String, Variant>,
    /// What it is known to do wrong.
    #[serde(default)]
    pub deviations: Vec<Deviation>,
    /// What holds for earlier releases only.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
    /// The release that was asked for with `@`; `None` for the default one.
    #[serde(skip)]
    pub release: Option<String>,
    /// The file it was read from, as the user named it.
    #[serde(skip)]
    pub file: String,
    /// The folder it was read from, for `{{profile_folder}}`; `None` if it is built in.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
}

/// Where a homeserver's settings are, for whoever is told that something is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hints {
    /// Where it listens.
    pub listen: Option<String>,
    /// Who may register.
    pub accounts: Option<String>,
    /// The address that its links carry.
    pub public_url: Option<String>,
    /// How often it may be asked.
    pub limits: Option<String>,
}

/// Who starts a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The reference homeserver inside this program.
    Embedded,
    /// This program, by the profile's recipe.
    Managed,
    /// Somebody else.
    External,
}

/// A recipe that needs Python and its package index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// Which interpreters will do: `>=3.10` or `>=3.10,<3.14`.
    pub python: String,
    /// What the package index is asked for: `matrix-synapse=={{version}}`.
    pub packages: Vec<String>,
    /// What `{{version}}` stands for, unless a release is asked for with `@`.
    pub version: Option<String>,
    /// The releases that can be asked for, each with the day it came out, `YYYY-MM-DD`: packages published later are
    /// not installed with it.
    #[serde(default, deserialize_with = "dates")]
    pub releases: BTreeMap<String, String>,
    /// The releases that `history` tests unless others are named; all if none is given.
    #[serde(default)]
    pub milestones: Vec<String>,
}

/// A binary that whoever runs the target brings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    /// Its name in `PATH`, unless `--binary` says where it is.
    pub name: String,
    /// What makes it say its version.
    #[serde(default = "version_option")]
    pub version: Vec<String>,
    /// A regular expression that the version fits, so that no other program is started in its place.
    pub says: String,
}

fn version_option() -> Vec<String> {
    vec!["--version".to_owned()]
}

/// How a server process is started.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Program and arguments; no shell reads them. May hold placeholders: `{{profile_folder}}/my-server`.
    pub command: Vec<String>,
    /// The binary that `{{binary}}` stands for.
    pub binary: Option<Binary>,
    /// An image to run the command in, with docker or podman.
    pub image: Option<String>,
    /// The file in the scratch folder that takes the settings: TOML if its name ends so, else JSON (which is YAML).
    pub config_file: String,
    /// Further files in the scratch folder: a text is written as it is, a table like the settings.
    #[serde(default)]
    pub files: BTreeMap<String, Value>,
    /// Names of free ports to find; `http` must be one. Each becomes a placeholder, `{{http_port}}`.
    #[serde(default = "http_only")]
    pub ports: Vec<String>,
    /// The path that answers 200 when the server is ready.
    #[serde(default = "versions_path")]
    pub ready: String,
    /// Environment variables to set. May hold placeholders.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

fn http_only() -> Vec<String> {
    vec!["http".to_owned()]
}

fn versions_path() -> String {
    "/_matrix/client/versions".to_owned()
}

/// How accounts come to be on a target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountsSection {
    /// What is tried, in order. Empty: everything that can be.
    #[serde(default)]
    pub chain: Vec<Method>,
    /// The secret of the shared-secret registration, for servers this program starts.
    pub registration_shared_secret: Option<String>,
    /// The token for `m.login.registration_token`, for servers this program starts.
    pub registration_token: Option<String>,
}

/// One way a server is set up.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// One line for lists and reports.
    pub description: String,
    /// Settings to take out of the base, as dotted paths.
    #[serde(default)]
    pub unset: Vec<String>,
    /// Settings that are merged over the base, after `unset`.
    #[serde(default)]
    pub config: Map<String, Value>,
    /// Environment variables on top of the server's.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The origin of its links, if it differs from the profile's.
    pub public_url: Option<String>,
    /// How accounts come to be, if it differs from the profile's.
    #[serde(default)]
    pub accounts: Vec<Method>,
    /// Abilities that this variant has because the harness sets them up: `identity-server`.
    #[serde(default)]
    pub offers: Vec<String>,
    /// The profile of the identity server to start beside it; the harness's own if not given.
    pub identity_server: Option<String>,
}

/// What holds for releases earlier than one, besides the rest of the profile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The first release that it does not hold for any more.
    pub than: String,
    /// Why, in a sentence.
    pub because: String,
    /// Which interpreters will do, instead of `install.python`.
    pub python: Option<String>,
    /// What the package index is asked for besides.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Packages of that day, `YYYY-MM-DD`, instead of the day of the release.
    #[serde(default, deserialize_with = "date")]
    pub packages_of: Option<String>,
    /// Settings that are merged over the base.
    #[serde(default)]
    pub config: Map<String, Value>,
}

/// Something a target is known to do wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// The scenario's id.
    pub scenario: String,
    /// The row of the scenario's cases; all rows if left out.
    #[serde(default)]
    pub case: Option<String>,
    /// The variant; all variants if left out.
    pub variant: Option<String>,
    /// The gravest that it excuses; a breach of security only if it is `security`.
    #[serde(default = "must")]
    pub level: Level,
    /// Why it fails, in a sentence.
    pub reason: String,
    /// Where it is tracked.
    pub link: String,
    /// The last day it is accepted, `YYYY-MM-DD`; for ever if left out.
    #[serde(default, deserialize_with = "date")]
    pub until: Option<String>,
}

fn must() -> Level {
    Level::Must
}

/// A date, with quotes around it or as TOML's own.
fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Date::deserialize(deserializer).map(|date| Some(date.text()))
}

/// Dates by name.
fn dates<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let dates = BTreeMap::<String, Date>::deserialize(deserializer)?;
    Ok(dates.into_iter().map(|(name, date)| (name, date.text())).collect())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Date {
    Text(String),
    Own(toml::value::Datetime),
}

impl Date {
    fn text(self) -> String {
        match self {
            Date::Text(text) => text,
            Date::Own(date) => date.to_string(),
        }
    }
}
