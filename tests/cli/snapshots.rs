//! `snapshots`: reviewing answers that changed.
