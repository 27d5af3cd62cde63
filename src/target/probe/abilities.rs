//! What the target offers apart from mail: each ability with how it is known.

use serde_json::json;

use super::asking::{Asking, VERSIONS};
use super::options::ProbeOptions;
use crate::target::accounts::registration::{TOKEN_STAGE, Uia, any_flow_has};
use crate::target::error::TargetError;
use crate::target::patience::{self, in_short};
use threepid_record::model::{Ability, Account, Exchange};

const EMAIL_STAGE: &str = "m.login.email.identity";
const PASSWORD_LOGIN: &str = "m.login.password";

impl Asking<'_> {
    /// `registration` and what flows it has.
    pub(super) async fn registration(&mut self) -> Result<Vec<Ability>, TargetError> {
        let exchange = self.send("POST", "/register", Some(&json!({})), None).await;
        told("registration", "POST /register", &exchange)?;
        let flows = exchange.response.as_ref().and_then(Uia::of).map(|uia| uia.flows);
        let answered = format!("POST /register answered {}", in_short(&exchange));
        let Some(flows) = flows.filter(|flows| !flows.is_empty()) else {
            // A server without any stage makes an account at once. Of one that is broken it is for the trials to say.
            let open = exchange.response.as_ref().is_some_and(|response| response.status == 200);
            let broken = !open && !is_refusal(&exchange);
            return Ok(vec![
                ability("registration", open || broken, answered.clone()),
                ability("registration-token", false, answered.clone()),
                ability("registration-email", broken, answered),
            ]);
        };
        let listed = format!("POST /register offers the flows {}", patience::flows(&flows));
        let token_stage = any_flow_has(&flows, TOKEN_STAGE);
        let token_known = self.options.accounts.registration_token.is_some();
        let token_reason = if token_stage && !token_known {
            format!("{listed}, but no token is known (`--registration-token`)")
        } else {
            listed.clone()
        };
        Ok(vec![
            ability("registration", true, listed.clone()),
            ability("registration-token", token_stage && token_known, token_reason),
            ability("registration-email", any_flow_has(&flows, EMAIL_STAGE), listed),
        ])
    }

    pub(super) async fn password_login(&mut self) -> Result<Ability, TargetError> {
        let exchange = self.send("GET", "/login", None, None).await;
        told("login with a password", "GET /login", &exchange)?;
        let body = exchange.response.as_ref().and_then(patience::json);
        let listed = body.as_ref().and_then(|body| body.get("flows")?.as_array());
        let is_broken = listed.is_none() && !is_refusal(&exchange);
        let flows: Vec<&str> = listed.into_iter().flatten().filter_map(|flow| flow.get("type")?.as_str()).collect();
        let reason = if flows.is_empty() {
            format!("GET /login answered {}", in_short(&exchange))
        } else {
            format!("GET /login lists {}", patience::names(flows.iter().copied()))
        };
        Ok(ability("password-login", flows.contains(&PASSWORD_LOGIN) || is_broken, reason))
    }

    /// `3pid-changes`: the specification has clients assume it where the capability is not listed.
    pub(super) async fn changes(&mut self, account: &Account) -> Ability {
        let exchange = self.send("GET", "/capabilities", None, Some(account)).await;
        let body = exchange.response.as_ref().filter(|response| response.status == 200).and_then(patience::json);
        let enabled = body.as_ref().and_then(|body| body.pointer("/capabilities/m.3pid_changes/enabled")?.as_bool());
        let (offered, reason) = match (enabled, body.is_some()) {
            (Some(enabled), _) => (enabled, format!("the capability m.3pid_changes says {enabled}")),
            (None, true) => (true, "the capability m.3pid_changes is not listed, which means yes".to_owned()),
            (None, false) => (true, format!("GET /capabilities answered {}, so yes is assumed", in_short(&exchange))),
        };
        ability("3pid-changes", offered, reason)
    }
}

/// Makes sure that an answer says something. One that says nothing must not count as "not offered", which would skip what
/// is to be tested.
fn told(what: &str, asked: &str, exchange: &Exchange) -> Result<(), TargetError> {
    if !patience::says_nothing(exchange) {
        return Ok(());
    }
    let (what, asked, answer) = (what.to_owned(), asked.to_owned(), in_short(exchange));
    Err(TargetError::ProbeFailed { what, asked, answer, hint: None })
}

/// Whether an answer says plainly that something is not offered: 403, 404 or 405, or another client error with an
/// `errcode`, but for 401, which asks for authentication. A server that answers otherwise and does not list what it offers
/// is broken: it is taken to offer it, so that trials show how it fails.
fn is_refusal(exchange: &Exchange) -> bool {
    exchange.response.as_ref().is_some_and(|response| match response.status {
        403..=405 => true,
        401 => false,
        400..=499 => patience::errcode(response).is_some(),
        _ => false,
    })
}

pub(super) fn api_ability(name: &str, api: &str, apis: &[String]) -> Ability {
    let offered = apis.iter().any(|known| known == api);
    let reason = format!("{VERSIONS} lists {} of its versions", if offered { "at least one" } else { "none" });
    ability(name, offered, reason)
}

/// What somebody says that the target offers. Some of it cannot be probed; what was probed and seemed not to be offered is
/// asserted by this, so that trials show what is missing.
pub(super) fn declared(options: &ProbeOptions, probed: &mut [Ability]) -> Vec<Ability> {
    let mut declared: Vec<Ability> = Vec::new();
    for name in &options.offers {
        if let Some(known) = probed.iter_mut().find(|known| known.name == *name) {
            if !known.offered {
                known.offered = true;
                known.reason = format!("declared, by the target's profile or with `--offers`, though {}", known.reason);
            }
        } else if !declared.iter().any(|known| known.name == *name) {
            let reason = "declared, by the target's profile or with `--offers`".to_owned();
            declared.push(ability(name, true, reason));
        }
    }
    if !declared.iter().any(|known| known.name == Ability::IDENTITY_SERVER) {
        let reason = "the target was not set up to trust the harness's identity server".to_owned();
        declared.push(ability(Ability::IDENTITY_SERVER, false, reason));
    }
    declared
}

pub(super) fn ability(name: &str, offered: bool, reason: String) -> Ability {
    Ability { name: name.to_owned(), offered, reason }
}
