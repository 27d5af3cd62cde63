//! The files that built-in profiles write, variant by variant, as their servers' documentation asks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::target::managed::options::Tools;
use crate::target::managed::prepare::{values_for, write_files};
use crate::target::template::render_text;
use crate::target::{Profile, StartOptions};

/// The command, the environment and all files of one variant, with known ports and folders.
fn rendered(profile: &Profile, variant: &str) -> String {
    let server = profile.server.as_ref().unwrap();
    let resolved = profile.resolve(variant).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ports: BTreeMap<String, u16> = server.ports.iter().map(String::clone).zip(8008..).collect();
    let tools = Tools { python: Some(PathBuf::from("PYTHON")), binary: Some(PathBuf::from("BINARY")), runtime: None };
    let options = StartOptions::new("127.0.0.1", 2525, "threepid.test");
    let (mut values, url) = values_for(profile, server, &options, Path::new("/scratch"), &tools, &ports);
    for name in ["ca_file", "tls_certificate_file", "tls_key_file"] {
        values.insert(name.to_owned(), format!("/{name}.pem").into());
    }
    values.insert("public_url".to_owned(), resolved.public_url.clone().unwrap_or(url).into());
    write_files(profile, server, &resolved, &values, folder.path()).unwrap();
    let text = |text: &String| render_text(text, &values, "the test").unwrap();
    let mut output = server.command.iter().map(text).collect::<Vec<_>>().join(" ");
    for (name, value) in &resolved.environment {
        output.push_str(&format!("\n{name}={}", text(value)));
    }
    let mut files = Vec::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    for file in files {
        let name = file.strip_prefix(folder.path()).unwrap().display().to_string();
        output.push_str(&format!("\n\n--- {name}\n{}", std::fs::read_to_string(&file).unwrap().trim_end()));
    }
    output
}

/// What a variant writes otherwise than `plain`, as lines.
fn difference(profile: &Profile, variant: &str) -> String {
    let (plain, other) = (rendered(profile, "plain"), rendered(profile, variant));
    let diff = similar::TextDiff::from_lines(&plain, &other).unified_diff().context_radius(1).to_string();
    format!("=== {variant}\n{diff}")
}

fn all_of(name: &str) -> String {
    let profile = Profile::load(name).unwrap();
    let mut output = rendered(&profile, "plain");
    for variant in profile.variant_names().into_iter().filter(|variant| *variant != "plain") {
        output.push_str(&format!("\n\n{}", difference(&profile, variant)));
    }
    output
}

#[test]
fn continuwuity() {
    insta::assert_snapshot!(all_of("continuwuity"));
}

#[test]
fn tuwunel() {
    insta::assert_snapshot!(all_of("tuwunel"));
}

#[test]
fn dendrite() {
    insta::assert_snapshot!(all_of("dendrite"));
}

#[test]
fn conduit() {
    insta::assert_snapshot!(all_of("conduit"));
}

#[test]
fn synapse() {
    insta::assert_snapshot!(all_of("synapse"));
}

/// A release of old gets what its profile says it needs, and nothing else is other.
#[test]
fn synapse_of_old() {
    let (new, old) = (Profile::load("synapse").unwrap(), Profile::load("synapse@1.20.1").unwrap());
    let (new, old) = (rendered(&new, "plain"), rendered(&old, "plain"));
    let diff = similar::TextDiff::from_lines(&new, &old).unified_diff().context_radius(0).to_string();
    let lines: Vec<&str> = diff
        .lines()
        .filter(|line| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---"))
        .collect();
    assert!(lines.iter().any(|line| line.starts_with("+  \"signing_key\": \"ed25519 ")), "{diff}");
    // The line before it gets a comma.
    let expected = |line: &str| line.contains("signing_key") || line.contains("trusted_key_servers");
    assert!(lines.iter().all(|line| expected(line)), "{diff}");
}
