//! The two programs that run beside the client: the reference homeserver, and the sink that takes its mail.
//!
//! Takes the program `threepid`; gives the addresses that it says, and the links of the mails. It never waits without a
//! deadline, and a child never outlives what stands for it here.

use std::ffi::{OsStr, OsString};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

use crate::{Fault, PATIENCE};

pub(crate) struct Mailbox {
    smtp: String,
    mails: Lines<BufReader<ChildStdout>>,
    /// Kept, so that it can go on saying something.
    _says: Lines<BufReader<ChildStderr>>,
    child: Child,
}

impl Mailbox {
    pub(crate) async fn open(program: &OsStr) -> Result<Self, Fault> {
        let options = ["sink", "--json", "--smtp-listen", "127.0.0.1:0"];
        let mut command = Command::new(program);
        command.args(options).stderr(Stdio::piped());
        let mut child = started(command)?;
        let mut says = lines(child.stderr.take())?;
        let mails = lines(child.stdout.take())?;
        let said = line(&mut says).await?.ok_or("the sink ended")?;
        let smtp = word_after(&said, "taken at ").ok_or_else(|| format!("the sink said {said}"))?;
        Ok(Self { smtp, mails, _says: says, child })
    }

    pub(crate) fn smtp(&self) -> &str {
        &self.smtp
    }

    /// The link of the next mail that has one and is to this address; notices are set aside.
    pub(crate) async fn link(&mut self, address: &str) -> Result<String, Fault> {
        let found = timeout(PATIENCE, async {
            while let Some(came) = self.mails.next_line().await? {
                let mail: Value = serde_json::from_str(&came)?;
                if mail["to"] == address
                    && let Some(link) = mail["links"][0].as_str()
                {
                    return Ok(link.to_owned());
                }
            }
            Err("the sink ended".into())
        });
        found.await.unwrap_or_else(|_| Err(format!("no mail with a link came for {address}").into()))
    }

    pub(crate) async fn end(self) {
        end(self.child).await;
    }
}

pub(crate) struct Reference {
    url: String,
    _says: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Reference {
    pub(crate) async fn start(program: &OsStr, smtp: &str, options: &[OsString]) -> Result<Self, Fault> {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--smtp", smtp]).args(options);
        let mut child = started(command)?;
        let mut says = lines(child.stdout.take())?;
        let said = line(&mut says).await?.ok_or("it ended")?;
        let url = word_after(&said, "answers at ").ok_or_else(|| format!("it said {said}"))?;
        Ok(Self { url, _says: says, child })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn end(self) {
        end(self.child).await;
    }
}

/// A child that is ended with what holds it, also when that is dropped early.
fn started(mut command: Command) -> Result<Child, Fault> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
    child.map_err(|fault| format!("{} cannot be started: {fault}", command.as_std().get_program().display()).into())
}

/// Ends a child and waits for it: nothing of it is needed any more.
async fn end(mut child: Child) {
    // It fails only for one that has ended already.
    let _ = child.kill().await;
}

fn lines<T: AsyncRead + Unpin>(output: Option<T>) -> Result<Lines<BufReader<T>>, Fault> {
    Ok(BufReader::new(output.ok_or("its output is not connected")?).lines())
}

/// The next line, or none after the last.
async fn line<T: AsyncRead + Unpin>(lines: &mut Lines<BufReader<T>>) -> Result<Option<String>, Fault> {
    Ok(timeout(PATIENCE, lines.next_line()).await.map_err(|_| "it said nothing in time")??)
}

fn word_after(said: &str, before: &str) -> Option<String> {
    let rest = said.split_once(before)?.1;
    Some(rest.split([' ', ';', ',']).next().unwrap_or(rest).to_owned())
}
