// What a person sees on the page that they could go on with. Given what the link carries; gives it as plain data.
const proofs = arguments[0];
const CHARS = 80, MOST = 20000;
function* all(root) {
  for (const element of root.querySelectorAll('*')) {
    yield element;
    if (element.shadowRoot) yield* all(element.shadowRoot);
  }
}
const seen = element => {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && !element.closest('[inert]')
    && element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
};
const carries = text => proofs.some(proof => String(text).includes(proof));
const searches = element => {
  const form = element.form ?? element.closest('form');
  return Boolean(element.closest('[role=search], search') || form?.querySelector('input[type=search], input[name=q]'));
};
const name = element => {
  const image = element.querySelector?.('img[alt]')?.alt;
  const names = [element.getAttribute('aria-label'), element.innerText, element.value, element.alt, image, element.title, element.id];
  return (names.find(text => typeof text === 'string' && text.trim()) ?? element.localName).trim().replace(/\s+/g, ' ').slice(0, CHARS);
};
const BUTTON = 'button, input[type=submit], input[type=image], input[type=button], [role=button]';
const CONTROL = `a, label, select, summary, textarea, option, input, ${BUTTON}`;
const is_off = element => element.disabled || element.matches(':disabled') || element.getAttribute('aria-disabled') === 'true';
const points = element => element && getComputedStyle(element).cursor === 'pointer';
const controls = [], asks = [];
let frames = 0, count = 0;
for (const element of all(document)) {
  if (++count > MOST) break;
  if (element.matches('iframe, frame')) {
    const own = new URL(element.src || 'about:blank', document.baseURI);
    if (own.origin === location.origin && seen(element)) frames++;
  } else if (element.matches(BUTTON)) {
    if (is_off(element) || element.type === 'reset' || !seen(element) || searches(element)) continue;
    const form = element.form;
    // A form that names no address is sent to the page's own, which carries the token without handing it on.
    const written = ['action', 'formaction'].map(name => (name === 'action' ? form : element)?.getAttribute(name));
    const sent = form ? [...new FormData(form).values(), ...written].some(carries) : false;
    controls.push({ label: name(element), carries: sent, element });
  } else if (element.matches('a[href], area[href]')) {
    if (!seen(element)) continue;
    const to = new URL(element.href, document.baseURI);
    const script = to.protocol === 'javascript:' || Boolean(element.onclick) && element.getAttribute('href').startsWith('#');
    if (script) controls.push({ label: name(element), carries: false, element });
    else if (to.origin === location.origin && carries(to.href) && to.href !== location.href) {
      controls.push({ label: name(element), carries: true, element });
    }
  } else if (element.matches('input, textarea, select')) {
    const KINDS = ['text', 'email', 'password', 'tel', 'number', 'url', 'date', 'file', 'textarea'];
    const open = KINDS.includes(element.type) && !element.value
      || ['checkbox', 'radio'].includes(element.type) && element.required && !element.checked
      || element.localName === 'select' && element.required && !element.value;
    if (open && !element.readOnly && !is_off(element) && seen(element) && !searches(element)) {
      asks.push((element.name || element.labels?.[0]?.innerText || element.placeholder || element.id || element.type).slice(0, CHARS));
    }
  } else if (points(element) && !points(element.parentElement) && !element.closest(CONTROL) && !element.querySelector(CONTROL)) {
    // Only a script gives it a meaning.
    if (seen(element)) controls.push({ label: name(element), carries: false, element });
  }
}
const text = `${document.title} ${document.body?.innerText ?? ''}`.replace(/\s+/g, ' ').trim();
return { controls, asks, frames, text, html: document.documentElement.outerHTML.slice(0, arguments[1]) };
