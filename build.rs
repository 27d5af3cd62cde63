//! Lists the files that are part of the program: scenarios and profiles.
//!
//! Takes the folders of the package; gives a Rust file for each, with a list of paths and texts in the order of the paths.
//! It reads no text: the compiler does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    for (name, ending) in [("scenarios", "yaml"), ("targets", "toml")] {
        println!("cargo::rerun-if-changed={name}");
        let folder = root.join(name);
        let mut files = Vec::new();
        find(&folder, ending, &mut files)?;
        files.sort();
        let mut list = String::from("&[\n");
        for file in &files {
            let below = file.strip_prefix(&folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
            // Writing into a string cannot fail.
            let _ = writeln!(list, "    ({below:?}, include_str!({:?})),", file.to_string_lossy());
        }
        list.push_str("]\n");
        fs::write(out.join(format!("{name}.rs")), list)?;
    }
    Ok(())
}

/// Adds the files below a folder whose names have this ending.
fn find(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, ending, files)?;
        } else if path.extension().is_some_and(|own| own == ending) {
            files.push(path);
        }
    }
    Ok(())
}
