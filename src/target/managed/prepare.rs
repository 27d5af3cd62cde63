//! What a server needs before it starts: a folder, ports, the values of placeholders, its files.

use std::collections::{BTreeMap, HashSet};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::options::{StartOptions, Tools};
use crate::target::error::{ProfileError, StartError};
use crate::target::leftover;
use crate::target::profile::{Profile, Resolved, Server};
use crate::target::template::{Values, render_value};

pub(super) fn scratch_folder(
    options: &StartOptions,
    profile: &str,
    variant: &str,
) -> Result<(PathBuf, Option<TempDir>), StartError> {
    let unusable = |path: &Path, source| StartError::Scratch { path: path.to_owned(), source };
    match &options.scratch {
        Some(parent) => {
            let folder = parent.join(format!("{profile}-{variant}"));
            // The database of an earlier run would bring its accounts along.
            match std::fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(unusable(&folder, error));
                }
                _ => {}
            }
            leftover::create_private(&folder).map_err(|source| unusable(&folder, source))?;
            let folder = folder.canonicalize().map_err(|source| unusable(&folder, source))?;
            Ok((folder, None))
        }
        None => {
            let temporary = tempfile::Builder::new()
                .prefix(&format!("{}{profile}-{variant}-", leftover::PREFIX))
                .tempdir()
                .map_err(|source| unusable(&std::env::temp_dir(), source))?;
            Ok((temporary.path().to_owned(), Some(temporary)))
        }
    }
}

/// Finds free ports by binding and releasing them. None is given out twice by this process: servers that start at the
/// same time would take each other's answers for their own.
pub(super) fn free_ports(names: &[String]) -> Result<BTreeMap<String, u16>, StartError> {
    static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let given = given.get_or_insert_with(HashSet::new);
    // All are held until all are found, or the system could give the same one twice.
    let mut held = Vec::new();
    let mut ports = BTreeMap::new();
    for name in names {
        loop {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(StartError::NoPort)?;
            let port = listener.local_addr().map_err(StartError::NoPort)?.port();
            held.push(listener);
            if given.insert(port) {
                ports.insert(name.clone(), port);
                break;
            }
        }
    }
    Ok(ports)
}

pub(in crate::target) fn values_for(
    profile: &Profile,
    server: &Server,
    options: &StartOptions,
    scratch: &Path,
    tools: &Tools,
    ports: &BTreeMap<String, u16>,
) -> (Values, String) {
    let mut values = options.values.clone();
    let mut set = |name: &str, value: Value| values.insert(name.to_owned(), value);
    let url = format!("http://127.0.0.1:{}", ports.get("http").copied().unwrap_or_default());
    for (name, port) in ports {
        set(&format!("{name}_port"), Value::from(*port));
    }
    set("url", Value::from(url.clone()));
    set("smtp_host", Value::from(options.smtp_host.clone()));
    set("smtp_port", Value::from(options.smtp_port));
    set("mail_domain", Value::from(options.mail_domain.clone()));
    set("scratch", Value::from(scratch.display().to_string()));
    set("config_file", Value::from(scratch.join(&server.config_file).display().to_string()));
    if let Some(folder) = &profile.folder {
        set("profile_folder", Value::from(folder.display().to_string()));
    }
    for (name, program) in [("python", &tools.python), ("binary", &tools.binary)] {
        if let Some(program) = program {
            set(name, Value::from(program.display().to_string()));
        }
    }
    if let Some(secret) = &profile.accounts.registration_shared_secret {
        set("registration_shared_secret", Value::from(secret.clone()));
    }
    if let Some(token) = &profile.accounts.registration_token {
        set("registration_token", Value::from(token.clone()));
    }
    (values, url)
}

pub(in crate::target) fn write_files(
    profile: &Profile,
    server: &Server,
    resolved: &Resolved,
    values: &Values,
    scratch: &Path,
) -> Result<(), StartError> {
    let settings = Value::Object(resolved.config.clone());
    let all = server.files.iter().map(|(name, content)| (name, content, format!("server.files.{name}")));
    for (name, content, place) in all.chain([(&server.config_file, &settings, "config".to_owned())]) {
        let content = render_value(content, values, &format!("{}, {place}", profile.file))?;
        let text = match content {
            Value::String(text) => text,
            table if name.ends_with(".toml") => as_toml(&table, &profile.file, &place)?,
            // JSON is YAML, so no YAML has to be written.
            table => format!("{table:#}\n"),
        };
        let path = scratch.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| StartError::Scratch { path: folder.to_owned(), source })?;
        }
        leftover::write_private(&path, text.as_bytes()).map_err(|source| StartError::Scratch { path, source })?;
    }
    Ok(())
}

fn as_toml(table: &Value, file: &str, place: &str) -> Result<String, ProfileError> {
    let table: &Map<String, Value> = match table {
        Value::Object(table) => table,
        _ => return Ok(String::new()),
    };
    toml::to_string_pretty(table).map_err(|error| ProfileError::Sense {
        file: file.to_owned(),
        key: place.to_owned(),
        problem: format!("it cannot be written as TOML: {error}"),
    })
}
