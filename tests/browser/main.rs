//! `report.html` in a real browser: filters, addresses, keyboard, contrast, widths, and that nothing a server said runs. And
//! the program with a browser of its own, which opens the pages behind links.
//!
//! Needs `chromium` and `chromedriver`. Where they are missing the trials are reported as ignored, with the reason,
//! unless `THREEPID_REQUIRE_REAL=1` says that they have to run. Screenshots go to the target folder.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "../cases/bridge.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod bridge;
mod browser;
mod opened;
mod pages;
#[path = "../program/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod program;
mod single;
mod wide;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};

use browser::{Browser, Driver};
use pages::Pages;

type Check = for<'b> fn(&'b Browser, &'b Pages) -> Pin<Box<dyn Future<Output = ()> + 'b>>;

/// Makes a trial's function of an async one.
macro_rules! checks {
    ($($module:ident :: $name:ident),* $(,)?) => {
        vec![$((stringify!($name), (|browser, pages| Box::pin($module::$name(browser, pages))) as Check)),*]
    };
}

/// What all trials share; made by the first that needs it.
static SHARED: OnceLock<Result<Shared, String>> = OnceLock::new();

/// The driver, and the pages to look at.
type Shared = (Arc<Driver>, Arc<Pages>);

fn main() {
    let arguments = Arguments::from_args();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let missing = browser::missing();
    let required = std::env::var_os("THREEPID_REQUIRE_REAL").is_some_and(|value| value == "1");
    let trials = checks![
        single::filters_choose_and_the_address_remembers,
        single::an_address_opens_its_trial,
        single::an_address_leads_to_its_trial_on_a_long_page,
        single::everything_is_there_without_script,
        single::a_keyboard_is_enough,
        single::nothing_that_a_server_said_runs,
        single::nothing_is_fetched,
        wide::it_fits_a_phone_and_a_desk,
        wide::every_column_of_the_matrix_is_reached_on_a_phone,
        wide::every_text_has_contrast,
        wide::several_records_make_a_matrix,
    ];
    let opened: Vec<(&str, fn())> = vec![
        ("a_button_that_needs_a_script_is_pressed", opened::a_button_that_needs_a_script_is_pressed),
        (
            "a_token_behind_the_fragment_is_found_by_the_script",
            opened::a_token_behind_the_fragment_is_found_by_the_script,
        ),
        ("a_link_instead_of_a_button_is_followed", opened::a_link_instead_of_a_button_is_followed),
        ("of_two_buttons_none_is_pressed", opened::of_two_buttons_none_is_pressed),
        ("a_hidden_button_leaves_no_choice", opened::a_hidden_button_leaves_no_choice),
        ("a_page_that_only_says_so_is_a_fail", opened::a_page_that_only_says_so_is_a_fail),
        ("without_a_browser_it_stays_an_error_that_says_so", opened::without_a_browser_it_stays_an_error_that_says_so),
        ("nothing_but_the_target_is_asked", opened::nothing_but_the_target_is_asked),
        #[cfg(unix)]
        ("an_interrupted_run_leaves_no_browser", opened::an_interrupted_run_leaves_no_browser),
    ];
    let opened = opened.into_iter().map(|(name, check)| {
        let check: Box<dyn FnOnce() -> Result<(), Failed> + Send> = Box::new(move || {
            check();
            Ok(())
        });
        (name, check)
    });
    let trials = trials.into_iter().map(|(name, check)| {
        let check: Box<dyn FnOnce() -> Result<(), Failed> + Send> = Box::new(move || run(check));
        (name, check)
    });
    let trials = trials
        .chain(opened.filter(|_| cfg!(feature = "browser")))
        .map(|(name, check)| match &missing {
            Some(program) if !required => {
                let kind = format!("ignored: there is no {program}");
                Trial::test(name, || Ok(())).with_kind(&kind).with_ignored_flag(true)
            }
            _ => Trial::test(name, check),
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(Ok((driver, _))) = SHARED.get() {
        driver.stop();
    }
    conclusion.exit();
}

fn run(check: Check) -> Result<(), Failed> {
    let shared = SHARED.get_or_init(|| {
        let pages = Arc::new(Pages::make()?);
        Ok((Arc::new(Driver::start()?), pages))
    });
    let (driver, pages) = shared.as_ref().map_err(|message| Failed::from(message.as_str()))?;
    // With a thread of its own the browser is closed even when a check panics.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let browser = Browser::open(driver).await?;
        check(&browser, pages).await;
        let complaints = browser.complaints().await;
        browser.close().await;
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(Failed::from(format!("the browser complains:\n{}", complaints.join("\n"))))
        }
    })
}
