// Filters the entries of the page, keeps what is chosen in the address, and opens what the address names.
// Without it the page shows everything.
"use strict";
(() => {
  const form = document.getElementById("filters");
  const entries = [...document.querySelectorAll("[data-entry]")];
  const groups = [...document.querySelectorAll("[data-group]")];
  const count = document.getElementById("shown");
  const empty = document.getElementById("empty");
  const texts = new Map();
  const SETS = ["outcome", "level", "kind"];
  let state = { outcome: [], level: [], kind: [], flow: "", text: "", trial: "" };
  if (!form) return;

  // `#trial=…&outcome=fail,error`, or `#` and the id of an entry.
  function read() {
    const hash = location.hash.slice(1);
    const next = { outcome: [], level: [], kind: [], flow: "", text: "", trial: "" };
    if (!hash.includes("=")) {
      const id = decode(hash);
      next.trial = entries.some((entry) => entry.id === id) ? id : "";
      return next;
    }
    const given = new URLSearchParams(hash);
    for (const name of SETS) next[name] = (given.get(name) || "").split(",").filter(Boolean);
    for (const name of ["flow", "text", "trial"]) next[name] = given.get(name) || "";
    return next;
  }

  function decode(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  function write() {
    const given = new URLSearchParams();
    for (const name of SETS) if (state[name].length) given.set(name, state[name].join(","));
    for (const name of ["flow", "text", "trial"]) if (state[name]) given.set(name, state[name]);
    const hash = given.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  }

  function textOf(entry) {
    if (!texts.has(entry)) texts.set(entry, entry.textContent.toLowerCase());
    return texts.get(entry);
  }

  function fits(entry, words) {
    for (const name of SETS) {
      const own = (entry.dataset[name] || "").split(" ");
      if (state[name].length && !state[name].some((value) => own.includes(value))) return false;
    }
    if (state.flow && entry.dataset.flow !== state.flow) return false;
    return words.every((word) => textOf(entry).includes(word));
  }

  function show() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const visible = fits(entry, words) || entry.id === state.trial;
      entry.hidden = !visible;
      if (visible) shown += 1;
    }
    for (const group of groups) group.hidden = !group.querySelector("[data-entry]:not([hidden])");
    count.textContent = shown + " of " + entries.length + " shown";
    empty.hidden = shown > 0;
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = state[box.name].includes(box.value);
    form.elements.flow.value = state.flow;
    if (form.elements.text.value !== state.text) form.elements.text.value = state.text;
  }

  function open() {
    const entry = state.trial && document.getElementById(state.trial);
    if (!entry || !entries.includes(entry)) return;
    const box = "open" in entry ? entry : entry.querySelector("details");
    box.open = true;
    settle(entry, box.querySelector("summary"));
  }

  // Entries that were never seen have a guessed height, so what is above may grow as it comes into view: it is scrolled
  // to until it stays. A browser that goes to an id by itself takes the focus away, so that is given again too.
  let goal = null;
  function settle(entry, summary) {
    const own = {};
    goal = own;
    let last = NaN;
    let still = 0;
    let left = 60;
    const frame = () => {
      if (goal !== own) return;
      entry.scrollIntoView({ behavior: "instant" });
      if (document.activeElement !== summary) summary.focus({ preventScroll: true });
      const top = entry.getBoundingClientRect().top;
      still = document.readyState === "complete" && top === last ? still + 1 : 0;
      last = top;
      left -= document.readyState === "complete" ? 1 : 0;
      if (still < 3 && left > 0) requestAnimationFrame(frame);
      else goal = null;
    };
    frame();
  }
  // Whoever moves on their own is not pulled back.
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    addEventListener(kind, () => { goal = null; }, { passive: true });
  }

  function follow() {
    state = read();
    show();
    open();
  }

  form.addEventListener("input", () => {
    for (const name of SETS) {
      state[name] = [...form.querySelectorAll("input[name=" + name + "]:checked")].map((box) => box.value);
    }
    state.flow = form.elements.flow.value;
    state.text = form.elements.text.value;
    state.trial = "";
    write();
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("reset").addEventListener("click", () => {
    state = { outcome: [], level: [], kind: [], flow: "", text: "", trial: "" };
    write();
    show();
  });
  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-filter], [data-copy], [data-go]");
    if (!at) return;
    if (at.dataset.filter) {
      state = { outcome: [], level: [], kind: [], flow: "", text: "", trial: "" };
      for (const [name, value] of new URLSearchParams(at.dataset.filter)) {
        state[name] = SETS.includes(name) ? value.split(",") : value;
      }
      write();
      show();
      document.getElementById("trials").scrollIntoView({ behavior: "instant" });
    } else if (at.dataset.go) {
      event.preventDefault();
      state.trial = at.dataset.go;
      write();
      show();
      open();
    } else {
      const text = at.parentElement.querySelector("pre").textContent;
      const done = (word) => { at.textContent = word; setTimeout(() => { at.textContent = "Copy"; }, 1500); };
      navigator.clipboard.writeText(text).then(() => done("Copied"), () => done("Not allowed"));
    }
  });
  // Whoever opens a trial can pass its address on.
  document.addEventListener("toggle", (event) => {
    const entry = event.target.closest("[data-entry]");
    const own = entry && (entry === event.target || entry.querySelector("details") === event.target);
    if (!own) return;
    if (event.target.open && state.trial !== entry.id) state.trial = entry.id;
    else if (!event.target.open && state.trial === entry.id) state.trial = "";
    else return;
    write();
  }, true);
  addEventListener("hashchange", follow);
  // What is scrolled to stands below the bar, however many lines that takes.
  const bar = form.parentElement;
  new ResizeObserver(() => {
    const covers = getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
    document.documentElement.style.setProperty("--bar", covers + "px");
  }).observe(bar);
  form.hidden = false;
  for (const box of document.querySelectorAll("[data-filter]")) box.disabled = false;
  follow();
})();
