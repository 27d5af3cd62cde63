//! A homeserver that is good enough to be tested, for all but what a test has it do otherwise.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::server::{Asked, Reply, Server};

/// Where the program is to take mail: nobody listens there until it does.
pub(crate) fn free_address() -> SocketAddr {
    // Where there is another loopback address, none of the many connections of these tests can take the port meanwhile.
    let host = if cfg!(target_os = "linux") { "127.0.0.2" } else { "127.0.0.1" };
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

/// Its way to send mail.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) smtp: SocketAddr,
    /// Where the homeserver is.
    pub(crate) own: SocketAddr,
}

impl Post {
    /// A mail with that link, as homeservers send it.
    pub(crate) fn link(&self, to: &str, link: &str) {
        self.send(to, &format!("From: hs@hs.test\r\nTo: {to}\r\nSubject: Validate\r\n\r\nFollow {link}\r\n"));
    }

    /// These bytes as a mail. Whether they were taken is not asked: the program may have had enough of them.
    pub(crate) fn send(&self, to: &str, message: &str) {
        let Ok(mut connection) = Connection::open(self.smtp) else { return };
        connection.mail(to, message);
    }

    /// One connection for many mails.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.smtp).unwrap()
    }
}

/// An SMTP connection.
pub(crate) struct Connection {
    socket: TcpStream,
    replies: BufReader<TcpStream>,
}

impl Connection {
    fn open(to: SocketAddr) -> std::io::Result<Connection> {
        let socket = TcpStream::connect(to)?;
        let replies = BufReader::new(socket.try_clone()?);
        let mut connection = Connection { socket, replies };
        connection.reply();
        connection.ask("EHLO hs.test");
        Ok(connection)
    }

    pub(crate) fn mail(&mut self, to: &str, message: &str) -> String {
        self.ask("MAIL FROM:<hs@hs.test>");
        self.ask(&format!("RCPT TO:<{to}>"));
        self.ask("DATA");
        let _ = self.socket.write_all(message.as_bytes());
        self.ask("\r\n.")
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        let _ = self.socket.write_all(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// The last line of a reply.
    fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            if self.replies.read_line(&mut line).unwrap_or(0) == 0 || line.get(3..4) != Some("-") {
                return line;
            }
        }
    }
}

/// Starts one whose mail goes to `smtp`.
pub(crate) fn start(
    smtp: SocketAddr,
    otherwise: impl Fn(&Asked, &Post) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let counter = Arc::new(AtomicUsize::new(0));
    Server::start(move |asked, own| {
        let post = Post { smtp, own };
        otherwise(asked, &post).unwrap_or_else(|| well(asked, &post, &counter))
    })
}

/// What stands in a request's body.
pub(crate) fn field(asked: &Asked, name: &str) -> String {
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    body[name].as_str().unwrap_or_default().to_owned()
}

/// Whether it is the request that the preflight sends mail with.
pub(crate) fn is_probe(asked: &Asked) -> bool {
    field(asked, "email").starts_with("probe-")
}

fn well(asked: &Asked, post: &Post, counter: &AtomicUsize) -> Reply {
    let number = counter.fetch_add(1, Ordering::Relaxed);
    match asked.what().as_str() {
        "GET /_matrix/client/versions" => Reply::json(200, json!({"versions": ["v1.11"]})),
        "POST /register" if !asked.body.contains("\"auth\"") => {
            let session = format!("session-{number}-of-register");
            Reply::json(401, json!({"session": session, "flows": [{"stages": ["m.login.dummy"]}]}))
        }
        "POST /register" => {
            let user = format!("@{}:hs.test", field(asked, "username"));
            Reply::json(200, json!({"user_id": user, "access_token": format!("token-{number}-of-user")}))
        }
        "GET /login" => Reply::json(200, json!({"flows": [{"type": "m.login.password"}]})),
        "GET /capabilities" => Reply::json(200, json!({"capabilities": {}})),
        "POST /account/3pid/email/requestToken" => {
            let sid = format!("sid{number}");
            post.link(&field(asked, "email"), &format!("http://{}/follow?token=t{number:0>20}&sid={sid}", post.own));
            Reply::json(200, json!({"sid": sid}))
        }
        "GET /follow" => Reply::html("<p>Your address was validated</p>"),
        "GET /hostile" => Reply::json(200, json!({"hello": "world"})),
        _ => Reply::json(404, json!({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"})),
    }
}
