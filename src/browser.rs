//! The page behind a link in a real browser: Chromium, over WebDriver.
//!
//! Takes a link, what it carries, and a way to answer requests; gives what the browser asked for, what was pressed and
//! where it ended. A browser never reaches the network itself: every request of it, whatever for, ends at a proxy of its
//! own on the loopback, which answers by asking the target with the harness's client, or refuses. One driver serves a
//! run; it is started when a page first needs it, and ended with everything that it started. It never guesses: where the
//! page leaves a choice, it is told what there is to choose from.

mod asked;
mod choice;
#[cfg(feature = "browser")]
mod driver;
#[cfg(feature = "browser")]
mod page;
#[cfg(feature = "browser")]
mod proxy;
#[cfg(feature = "browser")]
mod window;

pub use asked::{Answered, Answers, Ended, Kind, Opened, Opening, Seen, Wanted};
pub use choice::{BrowserFault, Choice, Programs};

#[cfg(feature = "browser")]
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

/// The browser of a run, if there is one.
#[derive(Debug)]
pub struct Browser {
    /// Its programs, or why there are none.
    programs: Result<Programs, String>,
    used: Mutex<Option<String>>,
    #[cfg(feature = "browser")]
    driver: tokio::sync::OnceCell<Result<driver::Driver, String>>,
    #[cfg(feature = "browser")]
    windows: Arc<tokio::sync::Semaphore>,
}

/// How many windows are open at once. Each is a browser of its own, of some hundred megabytes.
#[cfg(feature = "browser")]
const WINDOWS: usize = 4;
/// How long windows may take to close at the end of a run.
#[cfg(feature = "browser")]
const CLOSE: std::time::Duration = std::time::Duration::from_secs(10);

impl Browser {
    /// Finds the browser that was chosen. Nothing is started yet.
    ///
    /// # Errors
    ///
    /// If one was named and does not work.
    pub fn find(choice: &Choice) -> Result<Browser, BrowserFault> {
        Ok(Browser::new(choice.find()?))
    }

    /// None: what plain HTTP cannot decide stays undecided.
    pub fn off() -> Browser {
        Browser::new(Err(choice::OFF.to_owned()))
    }

    fn new(programs: Result<Programs, String>) -> Browser {
        Browser {
            programs,
            used: Mutex::default(),
            #[cfg(feature = "browser")]
            driver: tokio::sync::OnceCell::new(),
            #[cfg(feature = "browser")]
            windows: Arc::new(tokio::sync::Semaphore::new(WINDOWS)),
        }
    }

    /// Why there is none, if that is so: what would have to be there.
    pub fn missing(&self) -> Option<&str> {
        self.programs.as_ref().err().map(String::as_str)
    }

    /// The browser that was used, if one was: its name and version.
    pub fn used(&self) -> Option<String> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(not(feature = "browser"))]
impl Browser {
    /// Never opens anything: this is built without the feature `browser`.
    ///
    /// # Errors
    ///
    /// Always.
    pub async fn open(&self, _: Opening) -> Result<Opened, String> {
        Err(self.missing().unwrap_or_default().to_owned())
    }

    /// Nothing was started.
    pub async fn stop(&self) {}
}

#[cfg(feature = "browser")]
impl Browser {
    /// Opens a link in a window of its own, with a fresh profile, and goes on as far as that is without choice.
    ///
    /// # Errors
    ///
    /// In words, if no browser could be had or driven.
    pub async fn open(&self, opening: Opening) -> Result<Opened, String> {
        let programs = self.programs.as_ref().map_err(Clone::clone)?;
        let over = |_| "the run is over".to_owned();
        let place = Arc::clone(&self.windows).acquire_owned().await.map_err(over)?;
        let driver =
            self.driver.get_or_init(|| driver::Driver::start(programs)).await.as_ref().map_err(Clone::clone)?;
        let opened = window::open(driver, opening, place).await?;
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened.browser.clone());
        Ok(opened)
    }

    /// Ends the driver, with the browsers that it still has, and removes their folder. It is not started again.
    pub async fn stop(&self) {
        // Those for which nobody waits any more are closing by themselves.
        let _ = tokio::time::timeout(CLOSE, self.windows.acquire_many(WINDOWS as u32)).await;
        self.windows.close();
        let none = || async { Err("the run is over".to_owned()) };
        if let Ok(driver) = self.driver.get_or_init(none).await {
            driver.stop().await;
        }
    }
}
