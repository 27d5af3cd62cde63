//! Reading a profile: the shape first, then whether it makes sense.

use std::path::{Component, Path};

use super::keys::{Kind, Profile};
use super::release::numbers;
use super::variant::PLAIN;
use crate::target::error::{ProfileError, nearest};
use crate::target::requirement::Requirement;

pub(super) fn parse(text: &str, file: &str) -> Result<Profile, ProfileError> {
    let mut profile: Profile = toml::from_str(text).map_err(|error| shape(&error, text, file))?;
    profile.file = file.to_owned();
    check(&profile)?;
    Ok(profile)
}

/// Turns an error of the TOML library into one that names the line and, for a wrong name, the right ones.
fn shape(error: &toml::de::Error, text: &str, file: &str) -> ProfileError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
    let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
    // serde gives names only within its message: the wrong one first, then the known ones, each between backticks.
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let wrong_name = message.starts_with("unknown field") || message.starts_with("unknown variant");
    match names.split_first() {
        Some((wrong, known)) if wrong_name => ProfileError::Shape {
            file: file.to_owned(),
            line,
            message: if message.starts_with("unknown field") {
                format!("unknown key `{wrong}`")
            } else {
                format!("unknown value `{wrong}`")
            },
            nearest: nearest(wrong, known.iter().copied()),
            expected: known.iter().map(|name| (*name).to_owned()).collect(),
        },
        _ => ProfileError::Shape {
            file: file.to_owned(),
            line,
            message: message.replace("missing field", "missing key"),
            nearest: None,
            expected: Vec::new(),
        },
    }
}

fn check(profile: &Profile) -> Result<(), ProfileError> {
    let wrong = |key: &str, problem: String| {
        Err(ProfileError::Sense { file: profile.file.clone(), key: key.to_owned(), problem })
    };
    if !is_plain_name(&profile.name) {
        return wrong("name", format!("`{}` must be lower-case letters, digits and hyphens", profile.name));
    }
    match profile.kind {
        Kind::Managed if profile.server.is_none() => {
            return wrong("server", "a `managed` target needs a `[server]` table that says how it starts".to_owned());
        }
        Kind::Embedded | Kind::External if profile.server.is_some() || profile.install.is_some() => {
            return wrong("kind", "only a `managed` target has `[server]` and `[install]`".to_owned());
        }
        _ => {}
    }
    if let Some(server) = &profile.server {
        if server.command.is_empty() {
            return wrong("server.command", "it must name a program".to_owned());
        }
        if let Some(Err(fault)) = server.binary.as_ref().map(|binary| regex::Regex::new(&binary.says)) {
            return wrong("server.binary.says", format!("it is not a regular expression: {fault}"));
        }
        if server.image.is_some() && profile.install.is_some() {
            return wrong("server.image", "what an image holds is not installed: leave out one of the two".to_owned());
        }
        if !server.ports.iter().any(|port| port == "http") {
            return wrong("server.ports", "`http` must be among the ports: the client-server API is there".to_owned());
        }
        for name in server.files.keys().chain([&server.config_file]) {
            let within = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
            if name.is_empty() || name.contains('\\') || name.ends_with('/') || !within {
                return wrong("server", format!("`{name}` must be the path of a file below the scratch folder"));
            }
        }
        for (name, content) in &server.files {
            if !(content.is_string() || content.is_object()) {
                return wrong(&format!("server.files.{name}"), "it must be a text or a table".to_owned());
            }
        }
    }
    if let Some(install) = &profile.install {
        if let Err(problem) = Requirement::parse(&install.python) {
            return wrong("install.python", problem);
        }
        // pip would read it as one of its options.
        if let Some(odd) = install.packages.iter().find(|package| package.starts_with('-') || package.is_empty()) {
            return wrong("install.packages", format!("`{odd}` is not the name of a package"));
        }
        for (version, day) in &install.releases {
            if numbers(version).is_none() || !is_date(day) {
                return wrong("install.releases", format!("`{version} = {day}` is not like `\"1.2.3\" = 2027-01-31`"));
            }
        }
        if let Some(version) = install.version.as_ref().filter(|version| !install.releases.contains_key(*version)) {
            return wrong("install.version", format!("`{version}` is not among `install.releases`"));
        }
        if let Some(odd) = install.milestones.iter().find(|version| !install.releases.contains_key(*version)) {
            return wrong("install.milestones", format!("`{odd}` is not among `install.releases`"));
        }
        if install.version.is_none() && install.packages.iter().any(|package| package.contains("{{version}}")) {
            return wrong("install.version", "say what `{{version}}` stands for".to_owned());
        }
    }
    for (index, earlier) in profile.earlier.iter().enumerate() {
        let key = |field: &str| format!("earlier[{index}].{field}");
        if numbers(&earlier.than).is_none() {
            return wrong(&key("than"), format!("`{}` is not a version like `1.2.3`", earlier.than));
        }
        if let Some(Err(problem)) = earlier.python.as_deref().map(Requirement::parse) {
            return wrong(&key("python"), problem);
        }
        if let Some(day) = earlier.packages_of.as_ref().filter(|day| !is_date(day)) {
            return wrong(&key("packages_of"), format!("`{day}` is not a date like `2027-01-31`"));
        }
    }
    if !profile.variants.is_empty() && !profile.variants.contains_key(PLAIN) {
        return wrong("variants", format!("there must be a variant `{PLAIN}`"));
    }
    for name in profile.variants.keys() {
        if !is_plain_name(name) {
            return wrong("variants", format!("`{name}` must be lower-case letters, digits and hyphens"));
        }
        profile.resolve(name)?;
    }
    for (index, deviation) in profile.deviations.iter().enumerate() {
        let key = |field: &str| format!("deviations[{index}].{field}");
        if deviation.reason.trim().is_empty() {
            return wrong(&key("reason"), "say why the target fails".to_owned());
        }
        if !deviation.link.starts_with("https://") && !deviation.link.starts_with("http://") {
            return wrong(&key("link"), "it must be the address where the deviation is tracked".to_owned());
        }
        if let Some(until) = deviation.until.as_ref().filter(|until| !is_date(until)) {
            return wrong(&key("until"), format!("`{until}` is not a date like `2027-01-31`"));
        }
        if let Some(variant) = &deviation.variant
            && !profile.variant_names().contains(&variant.as_str())
        {
            profile.resolve(variant)?;
        }
    }
    Ok(())
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten();
    match parts[..] {
        [year, month, day] if (year.len(), month.len(), day.len()) == (4, 2, 2) => {
            number(year).is_some()
                && number(month).is_some_and(|month| (1..=12).contains(&month))
                && number(day).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}
