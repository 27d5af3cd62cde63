//! Profiles by name: built in, or a file.
//!
//! Takes what follows `--target`; gives the checked profile, in the release that was asked for. It reads nothing but the
//! file.

use std::path::{Path, PathBuf};

use super::keys::Profile;
use super::parse;
use crate::target::error::{ProfileError, nearest};

/// The files below `targets/`: paths and texts.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/targets.rs"));

fn builtin(file: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|(path, _)| *path == file).map(|(_, text)| *text)
}

/// The names of the built-in profiles of homeservers. Those in folders are of what is started beside one.
pub fn builtin_profiles() -> Vec<String> {
    let names = BUILTIN.iter().filter_map(|(path, _)| path.strip_suffix(".toml"));
    names.filter(|name| !name.contains('/')).map(str::to_owned).collect()
}

/// What is known of the changes between the releases of a built-in profile: the name of the file and its text.
pub fn release_notes(name: &str) -> Option<(String, String)> {
    let file = format!("history/{name}.toml");
    let text = builtin(&file)?.to_owned();
    Some((format!("targets/{file}"), text))
}

impl Profile {
    /// Loads a profile by what follows `--target`: a path if it ends in `.toml`, else the name of a built-in one; with
    /// `@` and a version behind it, that release.
    ///
    /// # Errors
    /// When there is none, it cannot be read, it is not right, or it has no such release; see [`ProfileError`].
    pub fn load(name: &str) -> Result<Profile, ProfileError> {
        match name.rsplit_once('@') {
            // A path may hold the sign, too.
            Some((name, version)) if !version.ends_with(".toml") => Profile::named(name)?.at(version),
            _ => Profile::named(name),
        }
    }

    fn named(name: &str) -> Result<Profile, ProfileError> {
        if name.ends_with(".toml") {
            let path = PathBuf::from(name);
            let text =
                std::fs::read_to_string(&path).map_err(|source| ProfileError::Read { path: path.clone(), source })?;
            let mut profile = Profile::parse(&text, &path.display().to_string())?;
            profile.folder = std::path::absolute(&path).ok().and_then(|path| path.parent().map(Path::to_owned));
            return Ok(profile);
        }
        let file = format!("{name}.toml");
        let Some(text) = builtin(&file) else {
            let known = builtin_profiles();
            let nearest = nearest(name, known.iter().map(String::as_str));
            return Err(ProfileError::Unknown { name: name.to_owned(), known, nearest });
        };
        let file = Path::new("targets").join(file).display().to_string();
        Profile::parse(text, &file)
    }

    /// Reads a profile from TOML; `file` names it in messages.
    ///
    /// # Errors
    /// When the text is no TOML, has keys that are not known, or does not make sense.
    pub fn parse(text: &str, file: &str) -> Result<Profile, ProfileError> {
        parse::parse(text, file)
    }
}
