//! Reading profiles, and what their variants come to.

use serde_json::{Value, json};

use crate::target::template::{merge, render_text, render_value, unset};
use crate::target::{Kind, Profile, Values, builtin_profiles};
use threepid_record::model::Level;

fn problem(text: &str) -> String {
    Profile::parse(text, "my.toml").unwrap_err().to_string()
}

const HEAD: &str = "name = 'x'\ndescription = 'x'\nkind = 'external'\n";
const MANAGED: &str = "name = 'x'\ndescription = 'x'\nkind = 'managed'\n";

#[test]
fn the_built_in_profiles_are_right() {
    assert_eq!(builtin_profiles(), ["conduit", "continuwuity", "dendrite", "reference", "synapse", "tuwunel"]);
    for name in builtin_profiles() {
        let profile = Profile::load(&name).unwrap();
        assert_eq!(profile.name, name);
        assert_eq!(profile.variant_names()[0], "plain");
    }
    assert_eq!(Profile::load("reference").unwrap().kind, Kind::Embedded);
}

#[test]
fn names_that_are_unknown_come_with_the_nearest() {
    insta::assert_snapshot!(Profile::load("synaps").unwrap_err(), @"unknown target profile `synaps`; did you mean `synapse`?; built in are conduit, continuwuity, dendrite, reference, synapse, tuwunel; a profile of your own is named by its path, ending in `.toml`");
    let missing = Profile::load("no/such.toml").unwrap_err().to_string();
    assert!(missing.starts_with("the target profile `no/such.toml` cannot be read: "), "{missing}");
    let variant = Profile::load("synapse").unwrap().resolve("no-male").unwrap_err().to_string();
    assert!(
        variant.contains("has no variant `no-male`; did you mean `no-mail`?; it has plain, admin-secret"),
        "{variant}"
    );
}

#[test]
fn mistakes_are_shown_with_their_line() {
    insta::assert_snapshot!(problem(&format!("{HEAD}\nacounts = 1\n")), @"my.toml, line 5: unknown key `acounts`; did you mean `accounts`? (known here: name, description, kind, homeserver, public_url, mail_hint, hints, install, server, config, accounts, administration, variants, deviations, earlier)");
    insta::assert_snapshot!(problem("name = 'x'\ndescription = 'x'\nkind = 'embeded'\n"), @"my.toml, line 3: unknown value `embeded`; did you mean `embedded`? (known here: embedded, managed, external)");
    insta::assert_snapshot!(problem("name = 'x'\nkind = 'external'\n"), @"my.toml, line 1: missing key `description`");
    insta::assert_snapshot!(problem(&format!("{HEAD}[accounts]\nchain = ['registraton']\n")), @"my.toml, line 5: unknown value `registraton`; did you mean `registration`? (known here: given, registration, shared-secret)");
    insta::assert_snapshot!(problem(&format!("{HEAD}name = 'y'\n")), @"my.toml, line 4: duplicate key");
    insta::assert_snapshot!(problem(&format!("{HEAD}[variants.a]\ndescription = 3\n")), @"my.toml, line 5: invalid type: integer `3`, expected a string");
    assert!(problem("name = \n").starts_with("my.toml, line 1: "));
}

#[test]
fn what_makes_no_sense_is_said() {
    let server = "[server]\ncommand = ['x']\nconfig_file = 'c.yaml'\n";
    for (text, words) in [
        (MANAGED.to_owned(), "`server`: a `managed` target needs"),
        (format!("{HEAD}{server}"), "only a `managed` target has `[server]`"),
        (HEAD.replace("'x'", "'X y'"), "`name`: `X y` must be lower-case"),
        (format!("{MANAGED}[server]\ncommand = []\nconfig_file = 'c'\n"), "`server.command`: it must name a program"),
        (format!("{MANAGED}[server]\ncommand = ['x']\nconfig_file = '../c'\n"), "`../c` must be the path of a file"),
        (format!("{MANAGED}{server}ports = ['a']\n"), "`http` must be among the ports"),
        (format!("{MANAGED}{server}files = {{a = 1}}\n"), "`server.files.a`: it must be a text or a table"),
        (format!("{MANAGED}{server}[install]\npython = '3'\npackages = []\n"), "must look like `>=3.10`"),
        (
            format!("{MANAGED}{server}[install]\npython = '>=3'\npackages = ['-r']\n"),
            "`-r` is not the name of a package",
        ),
        (format!("{HEAD}[variants.other]\ndescription = ''\n"), "there must be a variant `plain`"),
        (format!("{HEAD}[variants.plain]\ndescription = ''\nunset = ['a.b']\n"), "no `a.b` in `[config]` to take out"),
        (format!("{HEAD}[[deviations]]\nscenario = 'a'\nreason = ''\nlink = 'x'\n"), "`deviations[0].reason`"),
        (format!("{HEAD}[[deviations]]\nscenario = 'a'\nreason = 'r'\nlink = 'x'\n"), "`deviations[0].link`"),
        (
            format!("{HEAD}[[deviations]]\nscenario = 'a'\nreason = 'r'\nlink = 'https://x'\nuntil = '2027-13-01'\n"),
            "`2027-13-01` is not a date",
        ),
        (
            format!("{HEAD}[[deviations]]\nscenario = 'a'\nreason = 'r'\nlink = 'https://x'\nvariant = 'plian'\n"),
            "has no variant `plian`; did you mean `plain`?",
        ),
    ] {
        let problem = problem(&text);
        assert!(problem.contains(words), "{problem}");
    }
}

#[test]
fn deviations_are_read() {
    let text = format!(
        "{HEAD}[[deviations]]\nscenario = 'add-email/x'\ncase = 'c'\nreason = 'r'\nlink = 'https://x'\nuntil = 2027-01-31\n"
    );
    let profile = Profile::parse(&text, "my.toml").unwrap();
    assert_eq!(profile.deviations[0].until.as_deref(), Some("2027-01-31"));
    assert_eq!(profile.deviations[0].variant, None);
    assert_eq!(profile.deviations[0].level, Level::Must);
    let security = text.replace("reason = 'r'", "reason = 'r'\nlevel = 'security'");
    assert_eq!(Profile::parse(&security, "my.toml").unwrap().deviations[0].level, Level::Security);
    assert_eq!(profile.variant_names(), ["plain"]);
}

#[test]
fn a_file_knows_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, HEAD).unwrap();
    let profile = Profile::load(&path.display().to_string()).unwrap();
    assert_eq!(profile.folder.as_deref(), Some(folder.path()));
    assert_eq!(Profile::load("synapse").unwrap().folder, None);
}

#[test]
fn variants_are_merged_over_the_base() {
    let profile = Profile::load("synapse").unwrap();
    let plain = profile.resolve("plain").unwrap();
    assert_eq!(plain.config["email"]["smtp_port"], "{{smtp_port}}");
    assert!(!profile.resolve("no-mail").unwrap().config.contains_key("email"));
    let short = profile.resolve("short-lived-tokens").unwrap().config;
    assert_eq!(short["email"]["validation_token_lifetime"], "2s");
    assert_eq!(short["email"]["smtp_host"], "{{smtp_host}}", "a table is merged, not replaced");
    let proxy = profile.resolve("behind-proxy").unwrap();
    assert_eq!(proxy.config["listeners"].as_array().unwrap().len(), 1, "an array is replaced");
    assert_eq!(proxy.config["listeners"][0]["x_forwarded"], true);
    assert_eq!(proxy.public_url.as_deref(), Some("https://matrix.synapse.test"));
    let identity = profile.resolve("identity-server").unwrap();
    assert_eq!(identity.environment.len(), 2, "the server's and the variant's own");
    assert_eq!(identity.offers, ["identity-server"]);
}

#[test]
fn merging_and_taking_out() {
    let table = |value: Value| value.as_object().unwrap().clone();
    let mut base = table(json!({"a": {"b": 1, "c": [1, 2]}, "d": 1, "e": {"f": 1}}));
    merge(&mut base, &table(json!({"a": {"c": [3], "g": {"h": 1}}, "d": {"i": 1}, "e": 2})));
    assert_eq!(Value::Object(base.clone()), json!({"a": {"b": 1, "c": [3], "g": {"h": 1}}, "d": {"i": 1}, "e": 2}));
    assert!(unset(&mut base, "a.g.h") && unset(&mut base, "e"));
    assert!(!unset(&mut base, "a.x") && !unset(&mut base, "d.i.j") && !unset(&mut base, ""));
    assert_eq!(Value::Object(base), json!({"a": {"b": 1, "c": [3], "g": {}}, "d": {"i": 1}}));
}

#[test]
fn placeholders_keep_the_type_of_a_sole_value() {
    let values: Values =
        [("port".to_owned(), json!(25)), ("host".to_owned(), json!("h\"{{port}}"))].into_iter().collect();
    let given = json!({"a": "{{port}}", "b": ["{{ host }}:{{port}}", 1, null], "c": "{{host}}"});
    let rendered = render_value(&given, &values, "config").unwrap();
    assert_eq!(
        rendered,
        json!({"a": 25, "b": ["h\"{{port}}:25", 1, null], "c": "h\"{{port}}"}),
        "values are not read again"
    );
    insta::assert_snapshot!(render_value(&json!({"x": ["{{prot}}"]}), &values, "config").unwrap_err(), @"config.x[0]: nothing is known of `{{prot}}`; did you mean `port`?; known are host, port");
    insta::assert_snapshot!(render_text("a {{port", &values, "p").unwrap_err(), @"p: `{{` without `}}` in `a {{port`");
}

/// A profile with releases.
const RELEASES: &str = r#"
name = "hs"
description = "d"
kind = "managed"
server = {command = ["{{python}}"], config_file = "c.yaml"}
[install]
python = ">=3.10"
packages = ["hs=={{version}}"]
version = "1.10.0"
releases = {"1.2.0" = 2020-01-01, "1.9.0" = 2021-01-01, "1.10.0" = "2022-01-01", "1.10.1" = 2022-02-01}
[config]
a = 1
[[earlier]]
than = "1.10.0"
because = "of old"
packages = ["dep<3"]
config = {a = 2, b = 2}
[[earlier]]
than = "1.9.0"
because = "of older"
python = ">=3.10,<3.12"
packages_of = 2020-06-01
config = {a = 3}
[[deviations]]
scenario = "a/b"
reason = "r"
link = "https://x"
"#;

/// A release has its own recipe and settings, and what is known of the default one is not held to be known of it.
#[test]
fn a_release_has_its_own_recipe() {
    let at = |version: &str| Profile::parse(RELEASES, "hs.toml").unwrap().at(version);
    let default = Profile::parse(RELEASES, "hs.toml").unwrap();
    let recipe = default.recipe().unwrap().unwrap();
    assert_eq!((default.label().as_str(), &recipe.packages[..]), ("hs", &["hs==1.10.0".to_owned()][..]));
    assert_eq!(recipe.packages_of.as_deref(), Some("2022-01-01"));
    assert_eq!(default.releases(), ["1.2.0", "1.9.0", "1.10.0", "1.10.1"]);

    let middle = at("1.9.0").unwrap();
    let recipe = middle.recipe().unwrap().unwrap();
    assert_eq!(middle.label(), "hs@1.9.0");
    assert_eq!(
        (recipe.packages, recipe.packages_of.as_deref()),
        (vec!["hs==1.9.0".to_owned(), "dep<3".to_owned()], Some("2021-01-01"))
    );
    assert_eq!(
        serde_json::to_value(middle.resolve("plain").unwrap().config).unwrap(),
        serde_json::json!({"a": 2, "b": 2})
    );
    assert!(middle.deviations.is_empty());

    let old = at("1.2.0").unwrap();
    let recipe = old.recipe().unwrap().unwrap();
    assert_eq!((recipe.python.as_str(), recipe.packages_of.as_deref()), (">=3.10,<3.12", Some("2020-06-01")));
    assert_eq!(old.resolve("plain").unwrap().config["a"], 3);

    let same = at("1.10.0").unwrap();
    assert_eq!((same.deviations.len(), same.resolve("plain").unwrap().config["a"].clone()), (1, serde_json::json!(1)));
    let newest = at("newest").unwrap();
    assert_eq!((newest.label().as_str(), newest.deviations.len()), ("hs@newest", 1));
    let recipe = newest.recipe().unwrap().unwrap();
    assert_eq!(recipe.packages, ["hs"]);
    assert!(recipe.packages_of.is_some_and(|day| day.as_str() > "2026-01-01"), "packages of this day");
}

#[test]
fn a_release_that_there_is_not_is_answered_with_the_nearest() {
    let said = |version: &str| Profile::parse(RELEASES, "hs.toml").unwrap().at(version).unwrap_err().to_string();
    assert_eq!(said("1.9.5"), "the target `hs` has no release `1.9.5`; near it are 1.2.0, 1.9.0, 1.10.0");
    assert_eq!(said("0.1"), "the target `hs` has no release `0.1`; near it are 1.2.0, 1.9.0, 1.10.0");
    assert_eq!(said("latest"), "the target `hs` has no release `latest`; near it are 1.9.0, 1.10.0, 1.10.1");
    let said = Profile::load("reference@1.0").unwrap_err().to_string();
    assert!(said.contains("`reference` has no releases to choose from"), "{said}");
}

#[test]
fn releases_must_make_sense() {
    for (from, to, said) in [
        ("version = \"1.10.0\"", "version = \"1.11.0\"", "`1.11.0` is not among `install.releases`"),
        ("version = \"1.10.0\"", "", "say what `{{version}}` stands for"),
        ("2021-01-01", "\"soon\"", "`1.9.0 = soon` is not like"),
        ("than = \"1.9.0\"", "than = \"old\"", "`old` is not a version"),
        ("packages_of = 2020-06-01", "packages_of = \"June\"", "`June` is not a date"),
        (">=3.10,<3.12", "three", "must look like"),
    ] {
        assert!(RELEASES.contains(from), "{from}");
        let fault = Profile::parse(&RELEASES.replace(from, to), "hs.toml").unwrap_err().to_string();
        assert!(fault.contains(said), "{fault}");
    }
}
