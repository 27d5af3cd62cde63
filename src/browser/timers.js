// Before each page: keeps count of what its scripts put off, so that the page is looked at after that. What puts itself off
// again and again is not waited for.
(() => {
  const LONGEST_MS = 10000, DEEPEST = 4;
  const { setTimeout: set, clearTimeout: clear } = window;
  const pending = new Set();
  let waiting = [], depth = 0;
  const end = id => {
    if (pending.delete(id) && pending.size === 0) waiting.splice(0).forEach(done => done());
  };
  window.setTimeout = function setTimeout(run, delay, ...given) {
    const own = depth + 1;
    if (typeof run !== 'function' || own > DEEPEST || delay > LONGEST_MS) return set(run, delay, ...given);
    const id = set(function () {
      const before = depth;
      depth = own;
      try { run.apply(window, given); } finally { depth = before; end(id); }
    }, delay);
    pending.add(id);
    return id;
  };
  window.clearTimeout = function clearTimeout(id) { clear(id); end(id); };
  // Calls back when the page has loaded and nothing is put off any more, or has been for too long.
  const rest = done => {
    const timed = () => {
      if (pending.size === 0) return set(done);
      let over = () => { over = () => {}; set(done); };
      waiting.push(() => over());
      set(() => over(), LONGEST_MS);
    };
    document.readyState === 'complete' ? timed() : addEventListener('load', () => set(timed), { once: true });
  };
  Object.defineProperty(window, Symbol.for('threepid.rest'), { value: rest });
})();
