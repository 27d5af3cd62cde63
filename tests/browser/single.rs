//! The page of one run.

use serde_json::json;
use thirtyfour::Key;

use crate::browser::Browser;
use crate::pages::{LONG, Pages};

/// The ids of the trials that are to be seen.
const SHOWN: &str = "[...document.querySelectorAll('[data-entry]')].filter(e => e.offsetParent).map(e => e.id)";

async fn shown(browser: &Browser) -> Vec<String> {
    serde_json::from_value(browser.eval(SHOWN).await).unwrap()
}

pub(crate) async fn filters_choose_and_the_address_remembers(browser: &Browser, pages: &Pages) {
    browser.visit(&pages.url("single.html")).await;
    assert_eq!(shown(browser).await.len(), pages.trials);

    browser.click(".chip input[value=fail]").await;
    assert_eq!(shown(browser).await, ["add-email/wrong-password"]);
    assert_eq!(browser.text("location.hash").await, "#outcome=fail");
    browser.click(".chip input[value=pass]").await;
    assert!(shown(browser).await.len() > 3);
    assert_eq!(browser.text("location.hash").await, "#outcome=fail,pass");

    browser.type_into("#filters input[name=text]", "no-support").await;
    let few = shown(browser).await;
    assert!(few.contains(&"remove-email/not-bound".to_owned()) && few.len() < pages.trials / 2, "{few:?}");
    browser.reload().await;
    assert_eq!(shown(browser).await, few, "the same after loading again");
    assert_eq!(browser.text("document.querySelector('#filters input[name=text]').value").await, "no-support");
    assert_eq!(
        browser.text("document.querySelector('#shown').textContent").await,
        format!("{} of {} shown", few.len(), pages.trials)
    );

    browser.type_into("#filters input[name=text]", " xylophone").await;
    assert!(shown(browser).await.is_empty());
    assert_eq!(browser.eval("!document.getElementById('empty').hidden").await, json!(true));
    browser.click("#reset").await;
    assert_eq!(shown(browser).await.len(), pages.trials);
    assert_eq!(browser.text("location.hash").await, "");

    browser.click("td button, th button[data-filter='flow=add-email']").await;
    assert!(shown(browser).await.iter().all(|id| id.starts_with("add-email/")));
    browser.click(".tile.fail").await;
    assert_eq!(shown(browser).await, ["add-email/wrong-password"]);
}

pub(crate) async fn an_address_opens_its_trial(browser: &Browser, pages: &Pages) {
    let open = "[...document.querySelectorAll('.trial[open]')].map(e => e.id)";
    for hash in ["#trial=add-email/success", "#add-email/success", "#trial=add-email/success&outcome=fail"] {
        browser.visit(&(pages.url("single.html") + hash)).await;
        assert_eq!(browser.eval(open).await, json!(["add-email/success"]), "{hash}");
        browser.eval(SETTLED).await;
        assert_eq!(browser.eval(FOCUSED).await, json!("add-email/success"), "{hash}");
    }
    for nothing in ["#trial=no/such", "#%%%", "#trial=<img>&text=%", "#constructor", "#outcome=__proto__"] {
        browser.visit(&(pages.url("single.html") + nothing)).await;
        assert_eq!(browser.eval(open).await, json!([]), "{nothing}");
    }
    browser.visit(&pages.url("single.html")).await;
    browser.click("section[aria-labelledby=attention] a").await;
    assert_eq!(browser.eval(open).await, json!(["add-email/wrong-password"]));
    assert_eq!(browser.text("location.hash").await, "#trial=add-email/wrong-password");
    browser.click(".trial[open] > summary").await;
    assert_eq!(browser.eval(open).await, json!([]));
}

/// Many frames, so that whatever scrolls has ended.
const SETTLED: &str = "new Promise(done => { let left = 60; const frame = () => left-- ? requestAnimationFrame(frame) : \
    setTimeout(done, 300); frame(); })";

/// The id of the trial whose summary has the focus.
const FOCUSED: &str =
    "document.activeElement.closest('.trial > summary')?.parentElement.id ?? document.activeElement.tagName";

pub(crate) async fn an_address_leads_to_its_trial_on_a_long_page(browser: &Browser, pages: &Pages) {
    // Smooth scrolling is what once ended on the way.
    browser.moving().await;
    let names = "[...document.querySelectorAll('.trial')].map(e => e.id)";
    browser.visit(&pages.url("long.html")).await;
    let ids: Vec<String> = serde_json::from_value(browser.eval(names).await).unwrap();
    assert_eq!(ids.len(), LONG);
    for (width, height) in [(1280, 900), (390, 844)] {
        browser.size(width, height).await;
        for id in [&ids[LONG / 2], &ids[LONG - 20]] {
            for hash in [format!("#trial={id}"), format!("#{id}")] {
                browser.visit(&(pages.url("long.html") + hash.as_str())).await;
                browser.eval(SETTLED).await;
                let top = browser.eval("document.querySelector('.trial[open]').getBoundingClientRect().top").await;
                let top = top.as_f64().unwrap();
                assert!((0.0..f64::from(height) / 3.0).contains(&top), "{hash} at {width}: {top}");
                assert_eq!(browser.eval(FOCUSED).await, json!(id), "{hash} at {width}");
            }
        }
    }
}

pub(crate) async fn everything_is_there_without_script(browser: &Browser, pages: &Pages) {
    browser.without_script().await;
    browser.visit(&pages.url("single.html")).await;
    assert_eq!(shown(browser).await.len(), pages.trials);
    assert_eq!(browser.eval("document.getElementById('filters').hidden").await, json!(true));
    browser.click(".trial > summary").await;
    assert_eq!(browser.eval("document.querySelectorAll('.trial[open]').length").await, json!(1));
}

pub(crate) async fn a_keyboard_is_enough(browser: &Browser, pages: &Pages) {
    browser.visit(&pages.url("single.html")).await;
    browser.press(Key::Tab).await;
    assert_eq!(browser.text("document.activeElement.className").await, "jump");
    assert_eq!(browser.eval("document.activeElement.getBoundingClientRect().left >= 0").await, json!(true));
    browser.eval("document.querySelector('.trial > summary').focus()").await;
    browser.press(Key::Enter).await;
    assert_eq!(browser.eval("document.querySelector('.trial').open").await, json!(true));
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.text(outline).await, "solid", "what has the focus shows it");
    // Each heading is at most one level below the one before it.
    let levels = browser.eval("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => +h.tagName[1])").await;
    let levels: Vec<u32> = serde_json::from_value(levels).unwrap();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{levels:?}");
    let nameless = "[...document.querySelectorAll('input, select, button')].filter(e => !e.ariaLabel && !e.textContent.trim() && !e.closest('label')).length";
    assert_eq!(browser.eval(nameless).await, json!(0), "every control has a name");
}

pub(crate) async fn nothing_that_a_server_said_runs(browser: &Browser, pages: &Pages) {
    for page in ["hostile.html", "hostile-matrix.html"] {
        browser.visit(&pages.url(page)).await;
        browser.eval("document.querySelectorAll('details').forEach(d => { d.open = true; })").await;
        // Two frames, so that whatever would load or run has begun.
        browser
            .eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))")
            .await;
        assert_eq!(browser.text("typeof window.owned").await, "undefined", "{page}");
        let made =
            "document.querySelectorAll('script, img, iframe, object, embed, base, form, meta[http-equiv]').length";
        // Our own: one script, one form, one policy.
        assert_eq!(browser.eval(made).await, json!(3), "{page}");
        let links = "[...document.querySelectorAll('a')].filter(a => !/^(#|https:\\/\\/spec\\.matrix\\.org\\/)/.test(a.getAttribute('href'))).length";
        assert_eq!(browser.eval(links).await, json!(0), "{page}");
        let handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length";
        assert_eq!(browser.eval(handlers).await, json!(0), "{page}");
        assert!(
            browser.text("document.body.innerText").await.contains("<script>window.owned=1</script>"),
            "it is shown"
        );
        // The policy holds even if something should ever get through.
        let inject = "(() => { const s = document.createElement('div'); try { s.innerHTML = '<b>'; return 'taken'; } catch { return 'refused'; } })()";
        assert_eq!(browser.text(inject).await, "refused");
    }
    // That refusal is noted in the console, and asked for.
    browser.complaints().await;
}

pub(crate) async fn nothing_is_fetched(browser: &Browser, pages: &Pages) {
    for page in ["single.html", "matrix.html", "hostile.html"] {
        browser.visit(&pages.url(page)).await;
        let fetched = browser.eval("performance.getEntriesByType('resource').map(r => r.name)").await;
        assert_eq!(fetched, json!([]), "{page}");
    }
}
