//! A request with the stages that the server asks for, one after the other.
//!
//! Takes what a person knows and a function that sends the request; gives what the server answered in the end. It never
//! chooses a stage that the server has not named, nor sends one twice.

use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::uiaa::{
    AuthData, AuthFlow, AuthType, Dummy, MatrixUserIdentifier, Password, ThirdpartyIdCredentials, UiaaInfo,
};
use serde_json::Map;

use crate::Fault;

pub(crate) struct Knows<'a> {
    /// That an address is one's own.
    pub(crate) proof: Option<ThirdpartyIdCredentials>,
    pub(crate) password: Option<(&'a UserId, &'a str)>,
}

pub(crate) async fn authenticated<T>(
    knows: Knows<'_>,
    request: impl AsyncFn(Option<AuthData>) -> matrix_sdk::Result<T>,
) -> Result<T, Fault> {
    let mut auth = None;
    let mut sent: Vec<AuthType> = Vec::new();
    loop {
        let fault = match request(auth).await {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        let Some(asked) = fault.as_uiaa_response() else { return Err(fault.into()) };
        let stage = knows.next(asked)?;
        if sent.contains(&stage) {
            let why = asked.auth_error.as_ref().map_or("it does not say why", |error| error.message.as_str());
            return Err(format!("the stage {stage} was not taken: {why}").into());
        }
        auth = Some(knows.data(&stage, asked.session.clone())?);
        sent.push(stage);
    }
}

impl Knows<'_> {
    /// The next stage of the first flow that can be gone through; of several, one with the address comes first.
    fn next(&self, asked: &UiaaInfo) -> Result<AuthType, Fault> {
        let can = |flow: &&AuthFlow| flow.stages.iter().all(|stage| self.data(stage, None).is_ok());
        let with_address = |flow: &&AuthFlow| flow.stages.contains(&AuthType::EmailIdentity);
        let flows = || asked.flows.iter().filter(can);
        let flow = flows().find(with_address).or_else(|| flows().next());
        let flow = flow.ok_or_else(|| format!("there is no way through {:?}", asked.flows))?;
        let left = flow.stages.iter().find(|stage| !asked.completed.contains(stage));
        Ok(left.ok_or("no stage is left, and it asks for one")?.clone())
    }

    fn data(&self, stage: &AuthType, session: Option<String>) -> Result<AuthData, Fault> {
        match (stage, &self.proof, self.password) {
            (AuthType::Dummy, ..) => {
                let mut dummy = Dummy::new();
                dummy.session = session;
                Ok(AuthData::Dummy(dummy))
            }
            (AuthType::Password, _, Some((user, password))) => {
                let identifier = MatrixUserIdentifier::new(user.as_str().to_owned()).into();
                let mut known = Password::new(identifier, password.to_owned());
                known.session = session;
                Ok(AuthData::Password(known))
            }
            // `EmailIdentity` has no constructor, unlike the others.
            (AuthType::EmailIdentity, Some(proof), _) => {
                let data = Map::from_iter([("threepid_creds".to_owned(), serde_json::to_value(proof)?)]);
                Ok(AuthData::new(stage.as_str(), session, data)?)
            }
            _ => Err(format!("nothing is known for the stage {stage}").into()),
        }
    }
}
