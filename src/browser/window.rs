//! One window: a browser with a fresh profile, from the link to the page at the end.
//!
//! Takes the driver and what is to be opened; gives what happened. The browser is closed whatever happens to whoever
//! waits for it: it is driven by a task of its own, which is told when nobody waits any more.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use thirtyfour::error::{WebDriverError, WebDriverErrorInner};
use thirtyfour::prelude::*;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::asked::{Ended, Kind, Opened, Opening};
use super::driver::Driver;
use super::page::{self, Control, Page, SoFar, Turn};
use super::proxy::Proxy;

/// For how long nothing may be asked for until a page counts as at rest.
const QUIET: Duration = Duration::from_millis(500);
/// How long the driver may take for one command beyond what the page may.
const DRIVER: Duration = Duration::from_secs(30);
/// How long a browser may take to close.
const CLOSE: Duration = Duration::from_secs(10);
/// How much of a page is looked at.
const MOST_BYTES: usize = 1024 * 1024;

/// Opens a link. `place` is held until the browser is closed.
pub(super) async fn open(driver: &Driver, opening: Opening, place: OwnedSemaphorePermit) -> Result<Opened, String> {
    let gone = CancellationToken::new();
    let _waits = gone.clone().drop_guard();
    let (url, browser, folder) = (driver.url.clone(), driver.browser.clone(), driver.folder.clone());
    let task = tokio::spawn(async move {
        let _until_closed = place;
        let profile = tempfile::Builder::new().prefix("profile-").tempdir_in(&folder).map_err(|it| it.to_string())?;
        let proxy = Proxy::start(Arc::clone(&opening.answers), opening.proofs.clone()).await?;
        let window = Window::start(&url, &browser, profile.path(), &proxy, &opening).await?;
        let opened = tokio::select! {
            opened = window.follow() => opened.map_err(|fault| in_words(&fault)),
            () = gone.cancelled() => Err("nobody waits for it any more".to_owned()),
        };
        // A driver that is gone took the browser with it; one that hangs is ended with the run.
        let _ = tokio::time::timeout(CLOSE, window.driver.quit()).await;
        opened
    });
    task.await.map_err(|fault| fault.to_string())?
}

struct Window<'w> {
    driver: WebDriver,
    name: String,
    proxy: &'w Proxy,
    opening: &'w Opening,
}

impl<'w> Window<'w> {
    async fn start(
        url: &str,
        browser: &Path,
        profile: &Path,
        proxy: &'w Proxy,
        opening: &'w Opening,
    ) -> Result<Window<'w>, String> {
        let failed = |fault: WebDriverError| format!("{} does not open: {}", browser.display(), in_words(&fault));
        let wanted = wanted(browser, profile, proxy, &opening.link).map_err(failed)?;
        let client = client(opening.limit + DRIVER)?;
        let driver = WebDriver::builder(url, wanted).client(client).await.map_err(failed)?;
        let of = |name: &str| driver.capabilities().get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = format!("{} {}", of("browserName"), of("browserVersion"));
        let window = Window { driver, name, proxy, opening };
        let timeouts = TimeoutConfiguration::new(Some(opening.limit), Some(opening.limit), None);
        let prepared = async {
            window.driver.update_timeouts(timeouts).await?;
            let before = json!({"source": page::TIMERS});
            window.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", before).await.map(drop)
        };
        match prepared.await {
            Ok(()) => Ok(window),
            Err(fault) => {
                let _ = tokio::time::timeout(CLOSE, window.driver.quit()).await;
                Err(failed(fault))
            }
        }
    }

    /// From the link to the page at the end.
    async fn follow(&self) -> WebDriverResult<Opened> {
        // That a page does not load shows in what its proxy was asked.
        match self.driver.goto(self.opening.link.as_str()).await {
            Err(fault) if is_gone(&fault) => return Err(fault),
            _ => {}
        }
        let mut so_far = SoFar::default();
        // What was asked before the last press.
        let mut before = 0;
        loop {
            if !self.rest().await? {
                let what = format!("is not at rest after {:?} (--request-timeout)", self.opening.limit);
                return Ok(self.ended(so_far.pressed, Ended::Undecided(what), String::new()));
            }
            let page = self.read().await?;
            if let Some(to) = self.proxy.left() {
                return Ok(self.ended(so_far.pressed, Ended::Left(to), page.text));
            }
            let seen = self.proxy.seen();
            if seen.iter().any(|one| one.exchange.failure.is_some()) {
                return Ok(self.ended(so_far.pressed, Ended::Page, page.text));
            }
            let changes = |method: &str| !matches!(method, "GET" | "HEAD" | "OPTIONS");
            let first = so_far.pressed.is_empty();
            let since = seen.get(before..).unwrap_or_default();
            so_far.acted = since.iter().any(|one| changes(&one.exchange.request.method) && (one.proof || !first));
            so_far.asked = since.iter().any(|one| one.proof || one.kind == Kind::Page);
            so_far.refused = self.proxy.refused();
            match page::turn(&page, &so_far) {
                Turn::Stay => return Ok(self.ended(so_far.pressed, Ended::Page, page.text)),
                Turn::Undecided(what) => {
                    return Ok(self.ended(so_far.pressed, Ended::Undecided(what), page.text));
                }
                Turn::Press(at) => {
                    before = seen.len();
                    let control = &page.controls[at];
                    self.press(control).await?;
                    so_far.pressed.push(control.label.clone());
                }
            }
        }
    }

    fn ended(&self, pressed: Vec<String>, ended: Ended, text: String) -> Opened {
        Opened { browser: self.name.clone(), seen: self.proxy.seen(), pressed, ended, text }
    }

    /// Waits until the page has loaded, has put nothing off, and asks for nothing. Gives whether that came.
    async fn rest(&self) -> WebDriverResult<bool> {
        let deadline = Instant::now() + self.opening.limit;
        let resting = async {
            loop {
                self.proxy.quiet(QUIET).await;
                let before = self.proxy.activity().count;
                match self.driver.execute_async(page::REST, Vec::<Value>::new()).await {
                    Err(fault) if is_gone(&fault) => return Err(fault),
                    // It went to another page meanwhile.
                    Err(_) => continue,
                    Ok(_) if self.proxy.activity().count == before => return Ok(()),
                    Ok(_) => {}
                }
            }
        };
        match timeout_at(deadline, resting).await {
            Ok(rest) => rest.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    async fn read(&self) -> WebDriverResult<Page> {
        let given = vec![json!(self.opening.proofs), json!(MOST_BYTES)];
        self.driver.execute(page::READ, given).await?.convert()
    }

    /// Presses as a person does, and goes on where that opens another window.
    async fn press(&self, control: &Control) -> WebDriverResult<()> {
        let element = WebElement::from_json(control.element.clone(), Arc::clone(self.driver.handle()))?;
        element.scroll_into_view().await?;
        match element.click().await {
            // Loading is waited for anyway.
            Err(fault) if !matches!(*fault, WebDriverErrorInner::WebDriverTimeout(_)) => return Err(fault),
            _ => {}
        }
        let windows = self.driver.windows().await?;
        if let Some(newest) = windows.into_iter().next_back() {
            self.driver.switch_to_window(newest).await?;
        }
        Ok(())
    }
}

/// Whether there is nothing to talk to any more.
fn is_gone(fault: &WebDriverError) -> bool {
    matches!(
        **fault,
        WebDriverErrorInner::InvalidSessionId(_)
            | WebDriverErrorInner::NoSuchWindow(_)
            | WebDriverErrorInner::RequestFailed(_)
            | WebDriverErrorInner::HttpError(_)
    )
}

/// The first line: what follows are the addresses in a driver without symbols.
fn in_words(fault: &WebDriverError) -> String {
    let text = fault.to_string();
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why").trim().to_owned()
}

/// How the browser is started.
fn wanted(browser: &Path, profile: &Path, proxy: &Proxy, link: &url::Url) -> WebDriverResult<Capabilities> {
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(&browser.to_string_lossy())?;
    // HTTPS ends at the proxy; the target's certificate is looked at there.
    wanted.accept_insecure_certs(true)?;
    // The page for a new tab would ask its maker's servers, and could not be told from one that lacks something.
    let start = json!({"session": {"restore_on_startup": 4, "startup_urls": ["about:blank"]}});
    wanted.add_experimental_option("prefs", start)?;
    // A person who wants their address validated says yes when asked again.
    wanted.set("unhandledPromptBehavior", "accept")?;
    for argument in [
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-extensions",
        // Nothing leaves but through the proxy, and nothing is asked for that no page wants.
        &format!("--proxy-server=http://{}", proxy.at),
        "--proxy-bypass-list=<-loopback>",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--disable-quic",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-sync",
        "--disable-breakpad",
        "--disable-crash-reporter",
        "--no-pings",
        // A link is opened as it stands.
        "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter,Translate",
        "--lang=en",
        &format!("--user-data-dir={}", profile.display()),
    ] {
        wanted.add_arg(argument)?;
    }
    if let Some(port) = link.port() {
        wanted.add_arg(&format!("--explicitly-allowed-ports={port}"))?;
    }
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        // Chromium refuses to start as root otherwise.
        wanted.add_arg("--no-sandbox")?;
    }
    Ok(wanted.into())
}

/// What talks to the driver: on the loopback, never through a proxy of the environment.
fn client(limit: Duration) -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|fault| fault.to_string())?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).timeout(limit);
    builder.build().map_err(|fault| fault.to_string())
}
