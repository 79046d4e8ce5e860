// The live feed: server-sent events. EventSource connects again by itself after the service restarts.

import { parse } from "./json.js";
import { pathOf } from "./api.js";

// `events` gets the new events once a frame, so that thousands a second cost one change of the page.
export function openFeed(parameters, { events, sample, state, signal }) {
  let waiting = [];
  let frame = 0;
  const source = new EventSource(pathOf("/feed", parameters));
  source.addEventListener("event", (message) => {
    waiting.push(parse(message.data));
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const all = waiting;
      waiting = [];
      events(all);
    });
  });
  source.addEventListener("sample", (message) => sample(parse(message.data)));
  source.addEventListener("end", () => { state("end"); source.close(); });
  source.addEventListener("open", () => state("open"));
  source.addEventListener("error", () => state(source.readyState === EventSource.CLOSED ? "refused" : "retrying"));
  signal.addEventListener("abort", () => { cancelAnimationFrame(frame); source.close(); });
}
