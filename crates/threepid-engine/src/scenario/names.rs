//! The names of values: which the harness gives, and how the file has one that was renamed.

/// Values that are always known: when the trial began and what time it is, in milliseconds.
pub(super) const ALWAYS: &[&str] = &["started", "now"];

/// Values that are known where the harness's identity server is needed: its name, as clients give it, and its URL.
pub(super) const OF_IDENTITY: &[&str] = &["id_server", "id_server_url"];

/// Whether a value is the harness's own, and the same in every fragment.
pub(super) fn is_built_in(name: &str) -> bool {
    ALWAYS.contains(&name) || OF_IDENTITY.contains(&name)
}

/// A name as the file has it: without what expanding fragments added.
pub(super) fn shown(name: &str) -> &str {
    name.split('~').next().unwrap_or(name)
}
