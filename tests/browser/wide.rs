//! How pages look: on a phone and on a desk, in light and in dark; and several records side by side.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::pages::Pages;

pub(crate) async fn it_fits_a_phone_and_a_desk(browser: &Browser, pages: &Pages) {
    for (width, height) in [(1280, 1600), (390, 1600)] {
        browser.size(width, height).await;
        for dark in [false, true] {
            browser.dark(dark).await;
            let scheme = if dark { "dark" } else { "light" };
            for (page, name) in [
                ("single.html", "overview"),
                ("single.html#trial=add-email/wrong-password", "trial"),
                ("single.html#trial=add-email/mail-received", "mail"),
                ("matrix.html", "matrix"),
                ("hostile.html", "hostile"),
            ] {
                browser.visit(&pages.url(page)).await;
                if name == "trial" {
                    browser.eval("[...document.querySelectorAll('.trial[open] .seq > details:not(.prep)')].filter(d => d.textContent.includes('a wrong password')).forEach(d => { d.open = true; })").await;
                } else if name == "mail" {
                    browser.eval("[...document.querySelectorAll('.trial[open] .seq > details')].filter(d => d.querySelector('.mail')).forEach(d => { d.open = true; })").await;
                } else if name == "hostile" {
                    browser.eval("document.querySelectorAll('details').forEach(d => { d.open = true; })").await;
                }
                if name == "matrix" {
                    browser.eval("document.querySelectorAll('details')[0].open = true").await;
                }
                if name == "trial" || name == "mail" {
                    browser.eval("document.querySelector('.trial[open] .seq').scrollIntoView()").await;
                }
                browser.picture(&format!("{name}-{width}-{scheme}")).await;
                let wider = browser.eval("document.documentElement.scrollWidth - innerWidth").await;
                assert!(wider.as_f64().unwrap() <= 0.0, "{name} is {wider} pixels wider than {width}");
            }
        }
    }
}

pub(crate) async fn every_column_of_the_matrix_is_reached_on_a_phone(browser: &Browser, pages: &Pages) {
    browser.size(390, 844).await;
    browser.visit(&pages.url("matrix.html")).await;
    // Scrolled to its end, the last column is in sight, and so is the name of the behaviour, which covers no other cell.
    let seen = browser
        .eval(
            "[...document.querySelectorAll('.matrix')].map(table => { const box = table.parentElement; box.scrollLeft = 1e6; \
             const at = box.getBoundingClientRect(); const row = table.querySelector('tbody > tr'); \
             const name = row.querySelector('th').getBoundingClientRect(); \
             const last = row.lastElementChild.getBoundingClientRect(); \
             return name.left >= at.left && last.right <= at.right + 1 && last.left >= name.right - 1; })",
        )
        .await;
    let seen: Vec<bool> = serde_json::from_value(seen).unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|seen| *seen), "{seen:?}");
    browser.eval("document.querySelector('.matrix').scrollIntoView()").await;
    browser.picture("matrix-scrolled-390").await;
    browser.eval("document.getElementById('filters').scrollIntoView()").await;
    browser.picture("matrix-search-390").await;
    // What stands in an empty field is no wider than the field.
    let cut = browser
        .eval(
            "(() => { const field = document.querySelector('input[type=search]'); const style = getComputedStyle(field); \
             const pen = document.createElement('canvas').getContext('2d'); pen.font = style.font; \
             const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight); \
             return pen.measureText(field.placeholder).width - room; })()",
        )
        .await;
    assert!(cut.as_f64().unwrap() <= 0.0, "the placeholder is {cut} pixels too long");
}

/// The texts whose contrast with what is behind them is less than the 4.5 : 1 that people with weak sight need.
const FAINT: &str = r"(() => {
  const light = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const of = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const shine = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = of(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  const faint = new Set();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility() || e.closest('script, style, option')) continue;
    const [a, b] = [shine(of(getComputedStyle(e).color)), shine(behind(e))].sort((x, y) => y - x);
    const opacity = Number(getComputedStyle(e).opacity);
    if ((a + 0.05) / (b + 0.05) < 4.5 || opacity < 1) faint.add(e.tagName + '.' + e.className + ': ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return [...faint];
})()";

pub(crate) async fn every_text_has_contrast(browser: &Browser, pages: &Pages) {
    for dark in [false, true] {
        browser.dark(dark).await;
        for page in ["single.html", "matrix.html"] {
            browser.visit(&pages.url(page)).await;
            browser.eval("document.querySelectorAll('details').forEach(d => { d.open = true; })").await;
            assert_eq!(browser.eval(FAINT).await, json!([]), "{page}, dark: {dark}");
        }
    }
}

pub(crate) async fn several_records_make_a_matrix(browser: &Browser, pages: &Pages) {
    browser.visit(&pages.url("matrix.html")).await;
    let kinds = "[...document.querySelectorAll('[data-entry]')].filter(e => e.offsetParent).map(e => e.dataset.kind)";
    let all: Vec<String> = serde_json::from_value(browser.eval(kinds).await).unwrap();
    assert_eq!(all.first().map(String::as_str), Some("outcome"), "what differs comes first: {all:?}");
    assert!(all.contains(&"answer".to_owned()) && all.contains(&"same".to_owned()), "{all:?}");
    browser.click(".chip input[value=outcome]").await;
    assert_eq!(browser.eval(kinds).await, json!(["outcome"]));
    let cells = "[...document.querySelectorAll('tbody[data-kind=outcome] td .badge')].map(b => b.textContent)";
    assert_eq!(browser.eval(cells).await, json!(["✗ FAIL", "✓ pass"]));
    browser.visit(&(pages.url("matrix.html") + "#kind=answer&trial=add-email/mail-received")).await;
    assert_eq!(
        browser.eval("document.getElementById('add-email/mail-received').querySelector('details').open").await,
        json!(true)
    );
    let unlike: Value = browser
        .eval("[...document.querySelectorAll('[id=\"add-email/mail-received\"] tr.unlike td')].map(c => c.textContent)")
        .await;
    assert_eq!(unlike, json!(["1 mail text/plain + text/html", "1 mail text/plain"]));
}
