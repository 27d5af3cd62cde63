//! Accounts: who exists, how they prove it, which addresses and devices they have.
//!
//! *Takes* canonical addresses and full user ids; *gives* answers and changes that keep two promises: an address belongs to at
//! most one account, and a token to at most one device; *never* does I/O.
//!
//! Specification: client-server API, "Account management" and "Adding account administrative contact information".

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value};

use super::{address::Address, password::PasswordHash, random};

/// Accounts on one server.
const MAX_ACCOUNTS: usize = 200_000;
/// Devices of one account; a further one logs out the oldest.
const MAX_DEVICES: usize = 50;
/// Addresses of one account.
pub(super) const MAX_ADDRESSES: usize = 50;
/// Bytes in a password.
pub(super) const PASSWORD_LIMIT: usize = 512;
/// Bytes in a user id (appendices, "User identifiers").
const USER_ID_LIMIT: usize = 255;

/// A full user id of this server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct UserId(String);

impl UserId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an access token stands for.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) user: UserId,
    pub(super) device: String,
}

/// A third-party identifier of an account.
#[derive(Debug, Clone)]
pub(super) struct Threepid {
    pub(super) address: Address,
    /// When the owner followed the link, in milliseconds since the epoch.
    pub(super) validated_at: u64,
    /// When the account took the address, in milliseconds since the epoch.
    pub(super) added_at: u64,
}

/// Why an account was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotCreated {
    Taken,
    ServerFull,
}

/// Why an address was not attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAttached {
    InUse,
    AccountFull,
}

#[derive(Debug)]
struct Account {
    password: PasswordHash,
    threepids: Vec<Threepid>,
    /// Device id and access token, oldest first.
    devices: VecDeque<(String, String)>,
    /// What the account shows of itself: `displayname`, `avatar_url`.
    profile: Map<String, Value>,
    is_deactivated: bool,
    is_guest: bool,
    is_admin: bool,
    is_locked: bool,
    is_suspended: bool,
}

/// All accounts of the server.
#[derive(Debug)]
pub(super) struct Accounts {
    server_name: String,
    by_user: HashMap<UserId, Account>,
    by_token: HashMap<String, Session>,
    by_address: HashMap<Address, UserId>,
}

impl Accounts {
    pub(super) fn new(server_name: &str) -> Self {
        let server_name = server_name.to_owned();
        Self { server_name, by_user: HashMap::new(), by_token: HashMap::new(), by_address: HashMap::new() }
    }

    /// The user id a new account with this localpart would have, if the grammar for new accounts allows it.
    pub(super) fn new_user_id(&self, localpart: &str) -> Option<UserId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._=-/+".contains(&byte);
        let user = self.user_id(localpart);
        (!localpart.is_empty() && localpart.bytes().all(allowed) && user.0.len() <= USER_ID_LIMIT).then_some(user)
    }

    /// The account that a localpart or a full user id names, if it exists.
    pub(super) fn named(&self, user: &str) -> Option<&UserId> {
        let user = if user.starts_with('@') { UserId(user.to_owned()) } else { self.user_id(user) };
        self.by_user.get_key_value(&user).map(|(user, _)| user)
    }

    fn user_id(&self, localpart: &str) -> UserId {
        UserId(format!("@{localpart}:{}", self.server_name))
    }

    pub(super) fn create(&mut self, user: &UserId, password: &str) -> Result<(), NotCreated> {
        if self.by_user.contains_key(user) {
            return Err(NotCreated::Taken);
        }
        if self.by_user.len() >= MAX_ACCOUNTS {
            return Err(NotCreated::ServerFull);
        }
        let password = PasswordHash::new(password);
        let account = Account {
            password,
            threepids: Vec::new(),
            devices: VecDeque::new(),
            profile: Map::new(),
            is_deactivated: false,
            is_guest: false,
            is_admin: false,
            is_locked: false,
            is_suspended: false,
        };
        self.by_user.insert(user.clone(), account);
        Ok(())
    }

    pub(super) fn exists(&self, user: &UserId) -> bool {
        self.by_user.contains_key(user)
    }

    pub(super) fn is_deactivated(&self, user: &UserId) -> bool {
        self.by_user.get(user).is_some_and(|account| account.is_deactivated)
    }

    /// Changes the account that a localpart or a full user id names; tells whether there is such an account.
    fn change(&mut self, user: &str, change: impl FnOnce(&mut Account)) -> bool {
        let account = self.named(user).cloned().and_then(|user| self.by_user.get_mut(&user));
        account.map(change).is_some()
    }

    /// Makes a new account one of a guest.
    pub(super) fn make_guest(&mut self, user: &UserId) {
        self.change(user.as_str(), |account| account.is_guest = true);
    }

    pub(super) fn is_guest(&self, user: &UserId) -> bool {
        self.by_user.get(user).is_some_and(|account| account.is_guest)
    }

    /// Makes a new account one of an administrator.
    pub(super) fn make_admin(&mut self, user: &UserId) {
        self.change(user.as_str(), |account| account.is_admin = true);
    }

    pub(super) fn is_admin(&self, user: &UserId) -> bool {
        self.by_user.get(user).is_some_and(|account| account.is_admin)
    }

    /// Locks an account, or takes that back; tells whether there is such an account.
    pub(super) fn lock(&mut self, user: &str, locked: bool) -> bool {
        self.change(user, |account| account.is_locked = locked)
    }

    pub(super) fn is_locked(&self, user: &UserId) -> bool {
        self.by_user.get(user).is_some_and(|account| account.is_locked)
    }

    /// Suspends an account, or takes that back; tells whether there is such an account.
    pub(super) fn suspend(&mut self, user: &str, suspended: bool) -> bool {
        self.change(user, |account| account.is_suspended = suspended)
    }

    pub(super) fn is_suspended(&self, user: &UserId) -> bool {
        self.by_user.get(user).is_some_and(|account| account.is_suspended)
    }

    pub(super) fn password_is(&self, user: &UserId, password: &str) -> bool {
        self.by_user.get(user).is_some_and(|account| account.password.matches(password))
    }

    pub(super) fn set_password(&mut self, user: &UserId, password: &str) {
        if let Some(account) = self.by_user.get_mut(user) {
            account.password = PasswordHash::new(password);
        }
    }

    /// Logs a device in. A device that was logged in already gets a new token, and its old one stops working.
    pub(super) fn log_in(&mut self, user: &UserId, device: Option<&str>) -> Option<(String, String)> {
        let device = device.map_or_else(random::id, str::to_owned);
        let token = random::token();
        let account = self.by_user.get_mut(user)?;
        let replaced = account.devices.iter().position(|(id, _)| *id == device);
        let full = (account.devices.len() >= MAX_DEVICES).then_some(0);
        if let Some((_, old_token)) = replaced.or(full).and_then(|index| account.devices.remove(index)) {
            self.by_token.remove(&old_token);
        }
        account.devices.push_back((device.clone(), token.clone()));
        self.by_token.insert(token.clone(), Session { user: user.clone(), device: device.clone() });
        Some((device, token))
    }

    pub(super) fn session(&self, token: &str) -> Option<&Session> {
        self.by_token.get(token)
    }

    pub(super) fn log_out(&mut self, token: &str) {
        let Some(session) = self.by_token.remove(token) else {
            return;
        };
        if let Some(account) = self.by_user.get_mut(&session.user) {
            account.devices.retain(|(_, other)| other != token);
        }
    }

    pub(super) fn log_out_everywhere(&mut self, user: &UserId) {
        self.log_out_others(user, None);
    }

    /// Logs out all devices but the one with this token.
    pub(super) fn log_out_others(&mut self, user: &UserId, keep: Option<&str>) {
        let Some(account) = self.by_user.get_mut(user) else {
            return;
        };
        let by_token = &mut self.by_token;
        account.devices.retain(|(_, token)| {
            let stays = keep == Some(token.as_str());
            if !stays {
                by_token.remove(token);
            }
            stays
        });
    }

    /// Ends an account: nobody can log in any more. Its name stays taken.
    pub(super) fn deactivate(&mut self, user: &UserId, keep_addresses: bool) {
        self.log_out_everywhere(user);
        let Some(account) = self.by_user.get_mut(user) else {
            return;
        };
        account.is_deactivated = true;
        // No password matches this one: nobody knows it.
        account.password = PasswordHash::new(&random::token());
        if !keep_addresses {
            for threepid in account.threepids.drain(..) {
                self.by_address.remove(&threepid.address);
            }
        }
    }

    /// What an account shows of itself; `None` if there is no such account.
    pub(super) fn profile(&self, user: &str) -> Option<&Map<String, Value>> {
        let user = self.named(user)?;
        self.by_user.get(user).map(|account| &account.profile)
    }

    pub(super) fn set_profile(&mut self, user: &UserId, field: &str, value: &str) {
        if let Some(account) = self.by_user.get_mut(user) {
            account.profile.insert(field.to_owned(), value.into());
        }
    }

    /// The account that has this address.
    pub(super) fn owner(&self, address: &Address) -> Option<&UserId> {
        self.by_address.get(address)
    }

    pub(super) fn threepids(&self, user: &UserId) -> &[Threepid] {
        self.by_user.get(user).map_or(&[], |account| &account.threepids)
    }

    /// Gives the account an address that nobody has.
    pub(super) fn attach(&mut self, user: &UserId, threepid: Threepid) -> Result<(), NotAttached> {
        if self.by_address.contains_key(&threepid.address) {
            return Err(NotAttached::InUse);
        }
        let Some(account) = self.by_user.get_mut(user) else {
            return Ok(());
        };
        if account.threepids.len() >= MAX_ADDRESSES {
            return Err(NotAttached::AccountFull);
        }
        self.by_address.insert(threepid.address.clone(), user.clone());
        account.threepids.push(threepid);
        Ok(())
    }

    /// Gives the account an address that others may have as well: they keep it, and this one is found by it.
    pub(super) fn share(&mut self, user: &UserId, threepid: Threepid) {
        if let Some(account) = self.by_user.get_mut(user) {
            self.by_address.insert(threepid.address.clone(), user.clone());
            account.threepids.push(threepid);
        }
    }

    /// Takes an address from the account that has it; tells whether it was this one.
    pub(super) fn detach(&mut self, user: &UserId, address: &Address) -> bool {
        if self.by_address.get(address) != Some(user) {
            return false;
        }
        self.by_address.remove(address);
        if let Some(account) = self.by_user.get_mut(user) {
            account.threepids.retain(|threepid| threepid.address != *address);
        }
        true
    }

    /// Takes an address from the list only, so that it goes on belonging to the account: what a defect gets wrong.
    pub(super) fn hide(&mut self, user: &UserId, address: &Address) -> bool {
        let owned = self.by_address.get(address) == Some(user);
        if let Some(account) = self.by_user.get_mut(user) {
            account.threepids.retain(|threepid| threepid.address != *address);
        }
        owned
    }

    /// The addresses of all accounts: what a defect shows.
    pub(super) fn everybodys_threepids(&self) -> impl Iterator<Item = &Threepid> {
        self.by_user.values().flat_map(|account| &account.threepids)
    }
}

#[cfg(test)]
mod tests;
