//! Registration with user-interactive authentication, done as a client does it.
//!
//! The first answer lists the flows; one made only of stages that a program can complete is chosen and completed
//! stage by stage within the same session.

use serde_json::{Value, json};

use threepid_record::model::{Account, Exchange, Response};
use threepid_wire::http::Outgoing;

use super::ask::{Ask, account_from};
use super::names::{fresh_localpart, fresh_password};
use crate::target::patience::{errcode, in_short, json as body_of};

const DUMMY: &str = "m.login.dummy";
const TERMS: &str = "m.login.terms";
const TOKEN: &str = "m.login.registration_token";

/// How many stages of a flow are completed: each is a request, and no flow needs a stage twice.
const MOST_STAGES: usize = 8;

/// How often another name is tried when one is taken.
const NAME_TRIES: usize = 3;

pub(super) async fn register(ask: &mut Ask<'_>, hint: &str) -> Result<Account, String> {
    let mut outcome = String::new();
    for _ in 0..NAME_TRIES {
        match attempt(ask, hint).await {
            Ok(account) => return Ok(account),
            Err(refusal) => {
                outcome = refusal.outcome;
                if !refusal.name_taken {
                    break;
                }
            }
        }
    }
    Err(outcome)
}

struct Refusal {
    outcome: String,
    name_taken: bool,
}

impl From<String> for Refusal {
    fn from(outcome: String) -> Refusal {
        Refusal { outcome, name_taken: false }
    }
}

async fn attempt(ask: &mut Ask<'_>, hint: &str) -> Result<Account, Refusal> {
    let password = fresh_password();
    let wish = json!({
        "username": fresh_localpart(hint),
        "password": password,
        "initial_device_display_name": "threepid",
    });
    // Before the first answer is known, so that even a request that fails cannot leak it.
    ask.accounts.remember([&password]);
    let url = ask.api("/register");
    let mut exchange = ask.send(Outgoing::new("POST", url.clone()).json(&wish)).await;
    let mut stages: Option<Vec<String>> = None;
    let mut done = 0;
    loop {
        if let Some(account) = account_from(&exchange, Some(&password)) {
            return Ok(account);
        }
        let Some(uia) = Uia::from(&exchange) else {
            return Err(refused(&exchange, "POST /register"));
        };
        let token = ask.accounts.options.registration_token.clone();
        let flow = match &stages {
            Some(flow) => flow,
            None => stages.insert(uia.choose(token.is_some())?),
        };
        // An answer that still asks after a stage without counting it complete means that the stage was refused.
        if done > 0 && !uia.completed.iter().any(|stage| *stage == flow[done - 1]) {
            return Err(refused(&exchange, &flow[done - 1]));
        }
        let Some(stage) = flow.get(done) else {
            return Err(format!("all stages are complete, yet it answered {}", in_short(&exchange)).into());
        };
        let mut auth = json!({"type": stage, "session": uia.session});
        if stage == TOKEN {
            auth["token"] = json!(token);
        }
        let mut body = wish.clone();
        body["auth"] = auth;
        done += 1;
        exchange = ask.send(Outgoing::new("POST", url.clone()).json(&body)).await;
    }
}

fn refused(exchange: &Exchange, what: &str) -> Refusal {
    let taken = exchange.response.as_ref().and_then(errcode).is_some_and(|code| code == "M_USER_IN_USE");
    Refusal { outcome: format!("{what} answered {}", in_short(exchange)), name_taken: taken }
}

/// What a 401 says about the stages.
pub(in crate::target) struct Uia {
    session: Value,
    /// The flows, each a list of stages.
    pub(in crate::target) flows: Vec<Vec<String>>,
    completed: Vec<String>,
}

impl Uia {
    /// Reads the flows of a 401; `None` for any other answer.
    pub(in crate::target) fn of(response: &Response) -> Option<Uia> {
        if response.status != 401 {
            return None;
        }
        let body = body_of(response)?;
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(|stage| stage.as_str().map(str::to_owned)).collect()
        };
        Some(Uia {
            session: body.get("session").cloned().unwrap_or(Value::Null),
            flows: body.get("flows")?.as_array()?.iter().filter_map(|flow| Some(texts(flow.get("stages")?))).collect(),
            completed: body.get("completed").map(texts).unwrap_or_default(),
        })
    }

    fn from(exchange: &Exchange) -> Option<Uia> {
        Uia::of(exchange.response.as_ref()?)
    }

    /// The shortest flow of stages that a program can complete.
    fn choose(&self, token_known: bool) -> Result<Vec<String>, String> {
        let possible = |stage: &String| matches!(stage.as_str(), DUMMY | TERMS) || (stage == TOKEN && token_known);
        let short = |flow: &&Vec<String>| flow.len() <= MOST_STAGES && flow.iter().all(possible);
        self.flows.iter().filter(short).min_by_key(|flow| flow.len()).cloned().ok_or_else(|| {
            let hint = if self.flows.iter().flatten().any(|stage| stage == TOKEN) && !token_known {
                " (give the token with `--registration-token`)"
            } else {
                ""
            };
            let flows = super::super::patience::flows(&self.flows);
            format!("it offers only the flows {flows}, none of which a program can complete{hint}")
        })
    }
}

/// Whether flows have a stage, for abilities.
pub(in crate::target) fn any_flow_has(flows: &[Vec<String>], stage: &str) -> bool {
    flows.iter().flatten().any(|name| name == stage)
}

/// The name of the token stage.
pub(in crate::target) const TOKEN_STAGE: &str = TOKEN;
