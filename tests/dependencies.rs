//! A homeserver that takes `threepid` as a development dependency compiles few crates.
//!
//! Takes what cargo says of the packages; counts those that are compiled without default features.

use std::collections::BTreeSet;
use std::process::Command;

/// How many crates that may be, with those of this workspace.
const MOST: usize = 160;

#[test]
fn without_default_features_few_crates_are_compiled() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", "threepid", "--no-default-features"])
        .args(["--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let crates: BTreeSet<&str> =
        text.lines().filter(|line| !line.is_empty()).map(|line| line.trim_end_matches(" (*)")).collect();
    assert!(crates.iter().any(|one| one.starts_with("threepid-wire ")), "{text}");
    assert!(!crates.iter().any(|one| one.starts_with("rustls ") || one.starts_with("clap_complete ")), "{text}");
    assert!(crates.len() <= MOST, "{} crates:\n{}", crates.len(), crates.into_iter().collect::<Vec<_>>().join("\n"));
}
