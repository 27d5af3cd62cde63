//! A profile's variants, each with its settings in place.
//!
//! Takes a profile and the name of a variant; gives the base with what earlier releases need and the variant's own merged
//! over it. Placeholders stay as they are.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::keys::{Profile, Variant};
use crate::target::accounts::Method;
use crate::target::error::{ProfileError, nearest};
use crate::target::template::{merge, unset};

/// The variant that is tested unless another is asked for.
pub(super) const PLAIN: &str = "plain";

/// A profile with one variant's settings in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The variant's name.
    pub variant: String,
    /// The variant's description.
    pub description: String,
    /// The settings, with placeholders.
    pub config: Map<String, Value>,
    /// Environment variables, with placeholders.
    pub environment: BTreeMap<String, String>,
    /// The origin of links, with placeholders; `None` if it is where the server is reached.
    pub public_url: Option<String>,
    /// How accounts come to be; empty for everything that can be.
    pub accounts: Vec<Method>,
    /// Abilities that the harness sets up.
    pub offers: Vec<String>,
    /// The profile of the identity server to start beside it.
    pub identity_server: Option<String>,
}

impl Profile {
    /// The names of the variants, `plain` first.
    pub fn variant_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.variants.keys().map(String::as_str).collect();
        if names.is_empty() {
            names.push(PLAIN);
        }
        names.sort_by_key(|name| (*name != PLAIN, *name));
        names
    }

    /// The settings of one variant.
    ///
    /// # Errors
    /// When there is no such variant, or it takes out a setting that is not there.
    pub fn resolve(&self, variant: &str) -> Result<Resolved, ProfileError> {
        let implicit = Variant::default();
        let own = match self.variants.get(variant) {
            Some(own) => own,
            None if variant == PLAIN && self.variants.is_empty() => &implicit,
            None => {
                let known: Vec<String> = self.variant_names().into_iter().map(str::to_owned).collect();
                return Err(ProfileError::NoVariant {
                    profile: self.name.clone(),
                    variant: variant.to_owned(),
                    nearest: nearest(variant, known.iter().map(String::as_str)),
                    known,
                });
            }
        };
        let mut config = self.config.clone();
        for earlier in self.earlier_ones() {
            merge(&mut config, &earlier.config);
        }
        for path in &own.unset {
            if !unset(&mut config, path) {
                return Err(ProfileError::Sense {
                    file: self.file.clone(),
                    key: format!("variants.{variant}.unset"),
                    problem: format!("there is no `{path}` in `[config]` to take out"),
                });
            }
        }
        merge(&mut config, &own.config);
        let mut environment = self.server.as_ref().map(|server| server.environment.clone()).unwrap_or_default();
        environment.extend(own.environment.clone());
        Ok(Resolved {
            variant: variant.to_owned(),
            description: own.description.clone(),
            config,
            environment,
            public_url: own.public_url.clone().or_else(|| self.public_url.clone()),
            accounts: if own.accounts.is_empty() { self.accounts.chain.clone() } else { own.accounts.clone() },
            offers: own.offers.clone(),
            identity_server: own.identity_server.clone(),
        })
    }
}
