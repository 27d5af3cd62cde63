//! What is too short or too long to be looked for, and how deep is looked. Numbers alone.

/// The shortest value that is replaced wherever it stands, in bytes. A shorter one (a `sid` of `7`, say) stands in too
/// many innocent places; replacing it would garble the text without hiding anything.
pub const SHORTEST_BYTES: usize = 6;

/// The longest value that is searched for; a longer one is replaced where its name stands.
pub const LONGEST_BYTES: usize = 16 * 1024;

/// How often base64 may be nested.
pub(super) const MOST_BASE64: u8 = 2;

/// What the end of a text must have of a secret to be taken for its beginning, and of a long one at most.
pub(super) const SHORTEST_REST: usize = 4;
pub(super) const LONGEST_REST: usize = 256;
/// How much before such a place is looked at.
pub(super) const BEFORE_CUT: usize = 4 * LONGEST_REST;
