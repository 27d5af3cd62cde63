//! One browser behind its driver.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// A running `chromedriver`.
pub(crate) struct Driver {
    process: Mutex<Child>,
    url: String,
}

/// The first program that is needed and not there.
pub(crate) fn missing() -> Option<&'static str> {
    let there = |name: &&&str| !Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    ["chromium", "chromedriver"].iter().find(there).copied()
}

impl Driver {
    /// Starts it on a free port.
    pub(crate) fn start() -> Result<Driver, String> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|fault| format!("chromedriver does not start: {fault}"))?;
        let output = process.stdout.take().ok_or("chromedriver has no output")?;
        let mut lines = BufReader::new(output).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.trim_end_matches('.').rsplit_once("successfully on port ").map(|(_, port)| port.to_owned())
            })
            .ok_or("chromedriver ended without naming its port")?;
        // Whatever else it writes must not fill the pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Driver { process: Mutex::new(process), url: format!("http://127.0.0.1:{port}") })
    }

    /// Ends it.
    pub(crate) fn stop(&self) {
        if let Ok(mut process) = self.process.lock() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A browser with a fresh profile.
pub(crate) struct Browser {
    driver: WebDriver,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) async fn open(driver: &Driver) -> Result<Browser, String> {
        let profile = tempfile::tempdir().map_err(|fault| fault.to_string())?;
        let mut wanted = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            // What moves cannot be clicked.
            "--force-prefers-reduced-motion",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            wanted.add_arg(argument).map_err(|fault| fault.to_string())?;
        }
        wanted.set("goog:loggingPrefs", json!({"browser": "ALL"})).map_err(|fault| fault.to_string())?;
        let driver = WebDriver::new(&driver.url, wanted).await.map_err(|fault| format!("no browser: {fault}"))?;
        Ok(Browser { driver, _profile: profile })
    }

    pub(crate) async fn close(self) {
        let _ = self.driver.quit().await;
    }

    /// Opens an address, whatever was open before.
    pub(crate) async fn visit(&self, url: &str) {
        // Only the part after `#` may differ, and that alone loads nothing.
        self.driver.goto("about:blank").await.unwrap();
        self.driver.goto(url).await.unwrap();
        self.loaded().await;
    }

    pub(crate) async fn reload(&self) {
        self.driver.refresh().await.unwrap();
        self.loaded().await;
    }

    /// The end of the page's loading: on a busy machine the driver returns before it.
    async fn loaded(&self) {
        let loaded = "document.readyState === 'complete' || new Promise(done => addEventListener('load', done))";
        self.eval(&format!("Promise.resolve({loaded}).then(() => document.readyState)")).await;
    }

    /// What an expression is in the page.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.driver.execute(script, Vec::<Value>::new()).await.unwrap().json().clone()
    }

    pub(crate) async fn text(&self, expression: &str) -> String {
        let value = self.eval(expression).await;
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.driver.find(By::Css(css)).await.unwrap();
        element.scroll_into_view().await.unwrap();
        element.click().await.unwrap();
    }

    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        self.driver.find(By::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    pub(crate) async fn press(&self, key: Key) {
        self.driver.action_chain().send_keys(key.value().to_string()).perform().await.unwrap();
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.command("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    pub(crate) async fn dark(&self, dark: bool) {
        self.prefer("prefers-color-scheme", if dark { "dark" } else { "light" }).await;
    }

    /// As for somebody who asked for nothing: where it is allowed, things move.
    pub(crate) async fn moving(&self) {
        self.prefer("prefers-reduced-motion", "no-preference").await;
    }

    async fn prefer(&self, name: &str, value: &str) {
        let features = json!({"features": [{"name": name, "value": value}]});
        self.command("Emulation.setEmulatedMedia", features).await;
    }

    pub(crate) async fn without_script(&self) {
        self.command("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    async fn command(&self, name: &str, arguments: Value) {
        self.driver.cdp().send_raw(name, arguments).await.unwrap();
    }

    /// A picture of what is to be seen, in the target folder.
    pub(crate) async fn picture(&self, name: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("browser");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        self.driver.screenshot(&path).await.unwrap();
        path
    }

    /// What stands in the browser's console as a warning or an error.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.driver.get_log("browser").await.unwrap();
        log.into_iter()
            .filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"))
            .map(|entry| entry.message)
            // The browser opens with a page of its own, whose script ends when scripts are switched off.
            .filter(|message| !message.starts_with("chrome://"))
            .collect()
    }
}
