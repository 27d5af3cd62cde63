//! Registers, adds, lists and removes an address and resets a password with the public functions of matrix-sdk.
//!
//! Takes the program `threepid` and options for its `serve`; starts it, takes its mail, and does what a client does. Ends
//! with 0 if the client got what it needs, else with 1 and a line that names the step. It never looks at a scenario, and
//! leaves nothing running.

mod children;
mod page;
mod stages;

use std::cell::Cell;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use matrix_sdk::Client;
use matrix_sdk::config::RequestConfig;
use matrix_sdk::ruma::api::client::account::{
    register, request_password_change_token_via_email as password_token,
    request_registration_token_via_email as registration_token,
};
use matrix_sdk::ruma::api::client::uiaa::{EmailUserIdentifier, ThirdpartyIdCredentials};
use matrix_sdk::ruma::api::error::ErrorKind;
use matrix_sdk::ruma::thirdparty::Medium;
use matrix_sdk::ruma::{ClientSecret, OwnedClientSecret, OwnedSessionId, UInt};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::children::{Mailbox, Reference};
use crate::stages::{Knows, authenticated};

/// For one thing that is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const LONGEST: Duration = Duration::from_mins(1);

/// What was otherwise than a client needs it, as a sentence.
type Fault = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let step = Cell::new("start the reference homeserver");
    let ended = tokio::select! {
        ended = timeout(LONGEST, check(&step)) => ended.unwrap_or_else(|_| Err("it did not come to an end".into())),
        told = told_to_end() => told.and_then(|()| Err("it was told to end".into())),
    };
    match ended {
        Ok(()) => {
            println!("the client got all it needs");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            println!("{}: {fault}", step.get());
            ExitCode::FAILURE
        }
    }
}

/// Returns when somebody wants no result any more: the children have to end then, too.
async fn told_to_end() -> Result<(), Fault> {
    let [mut interrupt, mut terminate, mut hangup] =
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

async fn check(step: &Cell<&str>) -> Result<(), Fault> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().ok_or("its program has to be named")?;
    let options: Vec<OsString> = arguments.collect();
    let mut mailbox = Mailbox::open(&program).await?;
    let reference = Reference::start(&program, mailbox.smtp(), &options).await?;
    let ended = walk(reference.url(), &mut mailbox, step).await;
    reference.end().await;
    mailbox.end().await;
    ended
}

async fn walk(homeserver: &str, mailbox: &mut Mailbox, step: &Cell<&str>) -> Result<(), Fault> {
    step.set("register with an address");
    let (name, password, first) = (format!("client-{}", fresh()), fresh(), address());
    let client = guest(homeserver).await?;
    let secret = ClientSecret::new();
    // matrix-sdk has no function that asks for this mail.
    let asked = registration_token::v3::Request::new(secret.clone(), first.clone(), UInt::from(1_u8));
    let sid = client.send(asked).await?.sid;
    let proof = verified(mailbox, &first, sid, secret).await?;
    let registered = authenticated(Knows { proof: Some(proof), password: None }, async |auth| {
        let mut request = register::v3::Request::new();
        request.username = Some(name.clone());
        request.password = Some(password.clone());
        request.auth = auth;
        client.matrix_auth().register(request).await
    })
    .await?;
    let user = registered.user_id;
    let listed = addresses(&client).await?;
    expect(listed.contains(&first), || "the address of the registration is not listed".to_owned())?;

    step.set("add an address");
    let (second, secret) = (address(), ClientSecret::new());
    let sid = client.account().request_3pid_email_token(&secret, &second, UInt::from(1_u8)).await?.sid;
    let added = verified(mailbox, &second, sid, secret).await?;
    authenticated(Knows { proof: None, password: Some((&user, &password)) }, async |auth| {
        client.account().add_3pid(&added.client_secret, &added.sid, auth).await
    })
    .await?;

    step.set("list the addresses");
    let listed = addresses(&client).await?;
    expect(listed.contains(&second), || format!("the list is {listed:?}"))?;

    step.set("reset the password");
    let (other, secret) = (fresh(), ClientSecret::new());
    let forgetful = guest(homeserver).await?;
    // Nor one for this mail; the password of an account is changed by the same function with and without a login.
    let asked = password_token::v3::Request::new(secret.clone(), second.clone(), UInt::from(1_u8));
    let sid = forgetful.send(asked).await?.sid;
    let proof = verified(mailbox, &second, sid, secret).await?;
    authenticated(Knows { proof: Some(proof), password: None }, async |auth| {
        forgetful.account().change_password(&other, auth).await
    })
    .await?;

    step.set("log in with the address and the new password");
    let by_address = || EmailUserIdentifier::new(second.clone()).into();
    let client = guest(homeserver).await?;
    let login = client.matrix_auth().login_identifier(by_address(), &other).send().await?;
    expect(login.user_id == user, || "another account".to_owned())?;
    match guest(homeserver).await?.matrix_auth().login_identifier(by_address(), &password).send().await {
        Ok(_) => return Err("the old password still serves".into()),
        Err(fault) if matches!(fault.client_api_error_kind(), Some(ErrorKind::Forbidden)) => {}
        Err(fault) => return Err(format!("the old password is not refused as that: {fault}").into()),
    }

    // With the new login: the reset has ended the others, as this function asks for.
    step.set("remove the address");
    client.account().delete_3pid(&second, Medium::Email, None).await?;
    let left = addresses(&client).await?;
    expect(!left.contains(&second), || format!("the list is {left:?}"))
}

/// A client that is not logged in, and says what it was answered instead of asking again.
async fn guest(homeserver: &str) -> Result<Client, Fault> {
    let config = RequestConfig::new().disable_retry().timeout(PATIENCE);
    Ok(Client::builder().homeserver_url(homeserver).request_config(config).build().await?)
}

async fn addresses(client: &Client) -> Result<Vec<String>, Fault> {
    let listed = client.account().get_3pids().await?;
    Ok(listed.threepids.into_iter().map(|one| one.address).collect())
}

/// Follows the link of the mail that was asked for, and gives what proves that.
async fn verified(
    mailbox: &mut Mailbox,
    address: &str,
    sid: OwnedSessionId,
    secret: OwnedClientSecret,
) -> Result<ThirdpartyIdCredentials, Fault> {
    page::follow(&mailbox.link(address).await?).await?;
    Ok(ThirdpartyIdCredentials::new(sid, secret))
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

fn fresh() -> String {
    ClientSecret::new().as_str().to_owned()
}

fn address() -> String {
    format!("client-{}@clients.test", fresh())
}
