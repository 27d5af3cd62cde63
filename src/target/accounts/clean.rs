//! Makes a given account ready for a trial, and clean after it.
//!
//! Takes an account of `--accounts` and what trials may have left on it; ends the logins that the harness made, logs in
//! again by the password that was given, which shows that it is still that one, or makes it so again, and removes the
//! addresses that trials added. What its owner put there is never touched. It judges nothing: a server may refuse all of this.

use serde_json::{Value, json};

use threepid_record::model::{Event, Exchange, Transcript};
use threepid_wire::http::Outgoing;

use super::ask::{Ask, is_refused};
use super::login::sign_in;
use super::pool::{Held, Loss, OWNERS};
use super::restore::restore;
use crate::target::patience::{in_short, json as body_of};

/// Why an account cannot be lent.
pub(super) enum Unfit {
    /// Not now: nothing answered, or a limit was met.
    Now(String),
    /// It will not work again.
    Gone(Loss, String),
}

/// What a trial may have left on the accounts that it had.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// The logins that it made: whose they are, and their tokens.
    logins: Vec<(String, String)>,
    /// The passwords that it asked for, in the order in which it did.
    passwords: Vec<String>,
    /// All that it sent, in small letters.
    sent: String,
}

impl Left {
    pub(super) fn by(transcript: &Transcript) -> Left {
        let mut left = Left::default();
        for entry in &transcript.entries {
            let Event::Exchange(exchange) = &entry.event else { continue };
            left.sent.extend(exchange.request.body.text.iter().map(|text| text.to_lowercase()));
            left.logins.extend(login_of(exchange));
            left.passwords.extend(new_password_of(exchange));
        }
        left
    }

    fn may_have_added(&self, address: &str) -> bool {
        self.sent.contains(&address.to_lowercase())
    }
}

/// The user and the token of an answer to a login.
fn login_of(exchange: &Exchange) -> Option<(String, String)> {
    let path = exchange.request.url.split('?').next().unwrap_or_default();
    let body = exchange.response.as_ref().filter(|_| path.ends_with("/login")).and_then(body_of)?;
    Some((body.get("user_id")?.as_str()?.to_owned(), body.get("access_token")?.as_str()?.to_owned()))
}

/// The password that a request asks for.
fn new_password_of(exchange: &Exchange) -> Option<String> {
    let body: Value = serde_json::from_str(exchange.request.body.text.as_deref()?).ok()?;
    Some(body.get("new_password")?.as_str()?.to_owned())
}

/// Makes an account ready: a login that nobody has used, and no address that a trial added.
///
/// # Errors
/// If it cannot be lent.
pub(super) async fn ready(ask: &mut Ask<'_>, held: &mut Held, left: &Left) -> Result<(), Unfit> {
    if held.ready.is_some() {
        return Ok(());
    }
    let mut signed_in = sign_in(ask, &held.given).await;
    if held.worked && signed_in.as_ref().is_err_and(|(exchange, _)| is_refused(exchange)) && !left.passwords.is_empty()
    {
        restore(ask, &held.given, &left.passwords).await;
        signed_in = sign_in(ask, &held.given).await;
    }
    let account = signed_in.map_err(|(exchange, problem)| {
        if !is_refused(&exchange) {
            return Unfit::Now(problem);
        }
        match held.worked {
            false => Unfit::Gone(Loss::NeverWorked, problem),
            true => Unfit::Gone(Loss::Broken, format!("it worked, and after a trial {problem}")),
        }
    })?;
    ask.accounts.remember([&account.access_token]);
    if !ask.accounts.is_only(&account.user_id, held.place) {
        let problem = format!("it is `{}`, which stands in the file already", account.user_id);
        return Err(Unfit::Gone(Loss::NeverWorked, problem));
    }
    held.worked = true;
    let mut listed = list(ask, &account.access_token).await;
    let (is_ours, own) = (|address: &str| ask.accounts.is_ours(address), &mut held.own);
    if let (None, Ok(listed)) = (&own, &listed) {
        let owners = listed.iter().filter(|(_, address)| !is_ours(address));
        *own = Some(owners.map(|(_, address)| address.clone()).collect());
    }
    let is_strange = |address: &String| own.as_ref().is_none_or(|own| !own.contains(address));
    let added: Vec<(String, String)> = listed
        .iter()
        .flatten()
        .filter(|(_, address)| is_strange(address) && (is_ours(address) || left.may_have_added(address)))
        // What was refused once is refused again.
        .filter(|(_, address)| !held.kept.contains(address))
        .cloned()
        .collect();
    let mut refusal = None;
    for (medium, address) in &added {
        let url = ask.api("/account/3pid/delete");
        let body = json!({"medium": medium, "address": address});
        let exchange = ask.send(Outgoing::new("POST", url).bearer(&account.access_token).json(&body)).await;
        if exchange.response.as_ref().is_none_or(|response| response.status != 200) {
            refusal = Some(in_short(&exchange));
            held.kept.push(address.clone());
        }
    }
    if !added.is_empty() {
        listed = list(ask, &account.access_token).await;
    }
    held.not_clean = match &listed {
        // A list that never could be read is for trials to judge, on this account too.
        Err(_) if own.is_none() => None,
        Err(problem) => Some(format!("its addresses cannot be seen: GET /account/3pid answered {problem}")),
        Ok(listed) => match listed.iter().find(|(_, address)| is_strange(address)) {
            Some(_) if held.not_clean.is_some() && refusal.is_none() => held.not_clean.take(),
            Some((_, address)) => {
                let why = refusal.map(|refusal| format!(", whose removal was answered {refusal}"));
                Some(format!("`{address}` is still on it{}", why.unwrap_or_default()))
            }
            None if listed.is_empty() => None,
            None => Some(OWNERS.to_owned()),
        },
    };
    held.ready = Some(account);
    held.unsure = None;
    Ok(())
}

/// Ends the logins that the harness made for an account. A token that the user gave is not one of them.
pub(super) async fn log_out(ask: &mut Ask<'_>, held: &Held, user_id: &str, own_token: &str, left: &Left) {
    let made = left.logins.iter().filter(|(user, _)| user == user_id).map(|(_, token)| token.as_str());
    let mut tokens: Vec<&str> = made.chain([own_token]).collect();
    tokens.sort_unstable();
    tokens.dedup();
    for token in tokens.into_iter().filter(|token| held.given.access_token.as_deref() != Some(token)) {
        let url = ask.api("/logout");
        // One that the trial ended itself is refused.
        ask.send(Outgoing::new("POST", url).bearer(token).json(&json!({}))).await;
    }
}

/// The addresses on an account: kind and address.
async fn list(ask: &mut Ask<'_>, token: &str) -> Result<Vec<(String, String)>, String> {
    let url = ask.api("/account/3pid");
    let exchange = ask.send(Outgoing::new("GET", url).bearer(token)).await;
    let body = exchange.response.as_ref().filter(|response| response.status == 200).and_then(body_of);
    let Some(Value::Object(body)) = body else { return Err(in_short(&exchange)) };
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let entries = body.get("threepids").and_then(Value::as_array).into_iter().flatten();
    Ok(entries.filter_map(|entry| Some((text(entry, "medium")?, text(entry, "address")?))).collect())
}
