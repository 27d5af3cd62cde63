//! How often validation mails may be asked for.
//!
//! *Takes* who asks, for which address, and when; *gives* leave or the time to wait; *never* counts a request that it refuses,
//! so that a client that keeps asking is not locked out for longer.
//!
//! Specification: client-server API, "Rate limiting".

use std::{
    hash::Hash,
    net::IpAddr,
    time::{Duration, Instant},
};

use super::{
    accounts::UserId,
    address::Address,
    bounded::Bounded,
    config::{Limit, RateLimits},
};

/// Clients, and addresses, that are remembered at the same time; a further one makes the oldest forgotten.
const MAX_REMEMBERED: usize = 50_000;

/// What was asked for lately.
#[derive(Debug)]
pub(super) struct Limits {
    by_client: Bounded<IpAddr, Instant>,
    by_email: Bounded<Address, Instant>,
    by_guess: Bounded<UserId, Instant>,
}

impl Limits {
    pub(super) fn new() -> Self {
        let by_guess = Bounded::new(MAX_REMEMBERED);
        Self { by_client: Bounded::new(MAX_REMEMBERED), by_email: Bounded::new(MAX_REMEMBERED), by_guess }
    }

    /// Admits an attempt at the password of an account, or says how long to wait, even with the right one. Only a wrong one
    /// counts.
    pub(super) fn guess(&mut self, limit: Limit, user: &UserId, is_right: bool, now: Instant) -> Result<(), Duration> {
        let until = next(&self.by_guess, user, limit, now)?;
        if !is_right {
            remember(&mut self.by_guess, user.clone(), until);
        }
        Ok(())
    }

    /// Admits a request, or says how long to wait. Only a request that passes both limits counts.
    pub(super) fn admit(
        &mut self,
        limits: &RateLimits,
        client: IpAddr,
        email: &Address,
        now: Instant,
    ) -> Result<(), Duration> {
        let by_client = next(&self.by_client, &client, limits.by_client, now)?;
        let by_email = next(&self.by_email, email, limits.by_email, now)?;
        remember(&mut self.by_client, client, by_client);
        remember(&mut self.by_email, email.clone(), by_email);
        Ok(())
    }
}

/// When everything admitted so far, this request included, will have been made up for. Each request takes one interval, and
/// the burst is how many of them may be outstanding.
fn next<K: Eq + Hash + Clone>(
    made_up_for: &Bounded<K, Instant>,
    key: &K,
    limit: Limit,
    now: Instant,
) -> Result<Instant, Duration> {
    let start = made_up_for.get(key).map_or(now, |until| now.max(*until));
    let outstanding = start - now;
    let room = limit.interval * limit.burst.saturating_sub(1);
    if outstanding > room {
        return Err(outstanding - room);
    }
    Ok(start + limit.interval)
}

fn remember<K: Eq + Hash + Clone>(made_up_for: &mut Bounded<K, Instant>, key: K, until: Instant) {
    if let Some(known) = made_up_for.get_mut(&key) {
        *known = until;
    } else {
        made_up_for.insert(key, until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn limits(by_client: u32, by_email: u32) -> RateLimits {
        let limit = |burst| Limit { burst, interval: MINUTE };
        RateLimits { by_client: limit(by_client), by_email: limit(by_email), by_guess: limit(1) }
    }

    fn email(local: usize) -> Address {
        Address::parse(&format!("{local}@x.test")).unwrap()
    }

    #[test]
    fn a_burst_is_admitted_and_then_one_at_a_time() {
        let (mut state, rules) = (Limits::new(), limits(3, 100));
        let (client, now) = (IpAddr::from([127, 0, 0, 1]), Instant::now());
        for number in 0..3 {
            assert_eq!(state.admit(&rules, client, &email(number), now), Ok(()));
        }
        // Refused requests cost nothing: the wait does not grow.
        for _ in 0..5 {
            assert_eq!(state.admit(&rules, client, &email(9), now), Err(MINUTE));
        }
        let later = now + MINUTE;
        assert_eq!(state.admit(&rules, client, &email(9), later), Ok(()));
        assert_eq!(state.admit(&rules, client, &email(9), later), Err(MINUTE));
        assert_eq!(state.admit(&rules, IpAddr::from([127, 0, 0, 2]), &email(9), now), Ok(()));
    }

    #[test]
    fn an_address_is_limited_whoever_asks() {
        let (mut state, rules) = (Limits::new(), limits(100, 2));
        let now = Instant::now();
        for number in 1..=2 {
            let client = IpAddr::from([127, 0, 0, number]);
            assert_eq!(state.admit(&rules, client, &email(1), now), Ok(()));
        }
        let client = IpAddr::from([127, 0, 0, 3]);
        assert_eq!(state.admit(&rules, client, &email(1), now), Err(MINUTE));
        assert_eq!(state.admit(&rules, client, &email(2), now), Ok(()));
    }
}
