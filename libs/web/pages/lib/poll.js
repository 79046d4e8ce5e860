// Asks for an answer again and again while its page is open and visible, and says whether the service answers.

import { api, isReport } from "./api.js";

export const mode = { archive: false, selectionKeys: [] };

// `ask` gives [path, parameters] and is called each time. `draw` gets the answer; `fail` an error that the service itself reports.
export function poll(ask, draw, { signal, fail, every = 2000 }) {
  let timer;
  let busy = false;
  let asked = false; // meanwhile, with other parameters perhaps
  async function again() {
    clearTimeout(timer);
    if (signal.aborted) return;
    asked = busy;
    if (busy) return;
    busy = true;
    try {
      const started = performance.now();
      const answer = await api(...ask(), signal);
      if (signal.aborted) return;
      window.dispatchEvent(new CustomEvent("reached", { detail: { milliseconds: performance.now() - started, time_ns: answer.time_ns } }));
      draw(answer);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status) fail(error);
      else if (error instanceof TypeError && /fetch|network|load/i.test(error.message)) window.dispatchEvent(new Event("unreached"));
      else throw error;
    } finally {
      busy = false;
    }
    if (asked) again();
    else if (!isReport && !mode.archive && !document.hidden) timer = setTimeout(again, every);
  }
  document.addEventListener("visibilitychange", () => document.hidden || again(), { signal });
  window.addEventListener("moment", again, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  again();
  return again;
}
