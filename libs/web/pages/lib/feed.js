// The live feed: server-sent events. EventSource connects again by itself after the service restarts.

import { parse } from "./json.js";
import { pathOf } from "./api.js";

const PAUSE_MS = 250; // between changes of the page: most of what one costs does not depend on how many events it adds

// `events` gets the new events four times a second, before a frame is drawn.
export function openFeed(parameters, { events, sample, state, signal }) {
  let waiting = [];
  let timer = 0;
  let frame = 0;
  const source = new EventSource(pathOf("/feed", parameters));
  source.addEventListener("event", (message) => {
    waiting.push(parse(message.data));
    timer ||= setTimeout(() => {
      frame = requestAnimationFrame(() => {
        timer = 0;
        const all = waiting;
        waiting = [];
        events(all);
      });
    }, PAUSE_MS);
  });
  source.addEventListener("sample", (message) => sample(parse(message.data)));
  source.addEventListener("end", () => { state("end"); source.close(); });
  source.addEventListener("open", () => state("open"));
  source.addEventListener("error", () => state(source.readyState === EventSource.CLOSED ? "refused" : "retrying"));
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    source.close();
  });
}
