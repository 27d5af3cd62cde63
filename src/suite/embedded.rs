//! Starts the reference homeserver that is part of this program.

use std::net::SocketAddr;

use crate::reference::{self, Config, Defect, Options, Running, Shape};

/// Why the reference homeserver could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// It has no such variant.
    #[error("the reference homeserver has no variant `{name}`; it has {known}")]
    Variant {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// It could not be started.
    #[error(transparent)]
    Start(#[from] reference::StartError),
}

/// The names of its variants, `plain` first.
pub fn embedded_variants() -> [&'static str; 3] {
    ["plain", "no-mail", "changes-disabled"]
}

/// Starts it on a free port (or on `listen`), with its mail going to `smtp`.
///
/// # Errors
///
/// If it has no such variant, if two shapes contradict each other, or if the address cannot be bound.
pub async fn start_embedded(
    variant: &str,
    listen: Option<SocketAddr>,
    smtp: SocketAddr,
    public_url: Option<String>,
    defects: Vec<&'static Defect>,
    shapes: Vec<&'static Shape>,
) -> Result<Running, EmbeddedError> {
    let mut config = Config::default();
    match variant {
        "plain" => {}
        "no-mail" => config.mail = false,
        "changes-disabled" => config.changes_enabled = false,
        _ => {
            return Err(EmbeddedError::Variant {
                name: variant.to_owned(),
                known: embedded_variants().map(|name| format!("`{name}`")).join(", "),
            });
        }
    }
    let mut options = Options::new(smtp);
    options.public_url = public_url;
    options.defects = defects;
    options.shapes = shapes;
    options.config = config;
    if let Some(listen) = listen {
        options.listen = listen;
    }
    Ok(reference::start(options).await?)
}
