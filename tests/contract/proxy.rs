//! A proxy before a homeserver that alters its answers.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// An answer on its way back.
pub(crate) struct Answer {
    /// The path that was asked.
    pub(crate) path: String,
    /// The body that was sent.
    pub(crate) request: String,
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Takes a header away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.headers.retain(|(known, _)| known != name);
    }

    /// Changes a JSON object, if the closure says that it did.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>) -> bool) {
        let Ok(serde_json::Value::Object(mut body)) = serde_json::from_slice(&self.body) else { return };
        if change(&mut body) {
            self.body = serde_json::to_vec(&body).unwrap();
        }
    }
}

/// A place where it listens.
pub(crate) struct Proxy {
    pub(crate) url: String,
    listener: TcpListener,
}

impl Proxy {
    pub(crate) async fn bind() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Proxy { url: format!("http://{}", listener.local_addr().unwrap()), listener }
    }

    /// Passes on all requests to a server. Gives its address.
    pub(crate) fn serve(self, to: &str, alter: fn(&mut Answer)) -> String {
        let to = to.trim_start_matches("http://").trim_end_matches('/').to_owned();
        tokio::spawn(async move {
            loop {
                let Ok((client, _)) = self.listener.accept().await else { break };
                let to = to.clone();
                tokio::spawn(async move {
                    // What goes wrong here is seen as a connection that breaks.
                    let _ = pass(client, &to, alter).await;
                });
            }
        });
        self.url
    }
}

/// One request on each connection.
async fn pass(client: TcpStream, to: &str, alter: fn(&mut Answer)) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let (first, headers, body) = message(&mut client).await?;
    let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let mut server = BufReader::new(TcpStream::connect(to).await?);
    write(&mut server, &first, &headers, &body).await?;
    let request = String::from_utf8_lossy(&body).into_owned();
    let (first, headers, body) = message(&mut server).await?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut answer = Answer { path, request, status, headers, body };
    alter(&mut answer);
    let first = format!("HTTP/1.1 {} x", answer.status);
    write(&mut client, &first, &answer.headers, &answer.body).await
}

type Message = (String, Vec<(String, String)>, Vec<u8>);

async fn message(from: &mut BufReader<TcpStream>) -> std::io::Result<Message> {
    let mut first = String::new();
    from.read_line(&mut first).await?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body).await?;
    Ok((first.trim_end().to_owned(), headers, body))
}

async fn write(
    to: &mut BufReader<TcpStream>,
    first: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> std::io::Result<()> {
    let own = ["content-length", "connection"];
    let mut head = format!("{first}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    to.write_all(format!("{head}\r\n").as_bytes()).await?;
    to.write_all(body).await?;
    to.flush().await
}
