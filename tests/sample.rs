//! The sample for homeservers written in Rust, copied out of this repository: a package of its own that compiles and passes.
//!
//! Takes `examples/homeserver` as it stands and the locked versions; builds and runs it in a folder that is no part of this
//! workspace. As a member of the workspace the sample runs too, and needs this test for what a copy lacks.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What only a copy in this repository has.
const HERE: &str = "path = \"../..\"";

#[test]
fn the_sample_works_where_it_is_copied_to() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = root.join("examples/homeserver");
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("tests")).unwrap();
    for file in ["tests/threepid.rs", "tests/threepid.toml"] {
        fs::copy(sample.join(file), copy.path().join(file)).unwrap();
    }
    let manifest = fs::read_to_string(sample.join("Cargo.toml")).unwrap();
    assert!(manifest.contains(HERE), "{manifest}");
    let manifest = manifest.replace(HERE, &format!("path = {root:?}"));
    fs::write(copy.path().join("Cargo.toml"), manifest).unwrap();
    // The same versions as here, so that nothing has to be asked for.
    fs::copy(root.join("Cargo.lock"), copy.path().join("Cargo.lock")).unwrap();

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--offline", "--test", "threepid"]);
    cargo.current_dir(copy.path()).env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample"));
    cargo.env("CARGO_PROFILE_TEST_DEBUG", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    let ended = cargo.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    let summary = said.lines().find(|line| line.starts_with("test result: ok.")).unwrap_or_else(|| panic!("{said}"));
    let passed = summary.split_whitespace().nth(3).and_then(|count| count.parse::<usize>().ok());
    assert!(passed.is_some_and(|passed| passed > 200), "{summary}");
}
