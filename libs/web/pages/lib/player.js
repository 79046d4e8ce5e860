// Archive mode: chooses the moment that is shown, and plays from it at any speed.

import { api, setMoment } from "./api.js";
import { el, show } from "./dom.js";
import { count, dateAndClock } from "./format.js";

const WINDOW_NS = 600n * 1000000000n;
const STEP_MS = 1000;

export async function startPlayer(root, tell) {
  const { nodes } = await api("/archive");
  if (!nodes.length) return void show(root, el("p", { class: "note panel" }, "The folder has no archives."));
  const first = nodes.map((node) => node.from_ns).reduce((a, b) => (a < b ? a : b));
  // Behind the latest event, which is shown, too.
  const last = nodes.map((node) => node.to_ns).reduce((a, b) => (a > b ? a : b)) + 1n;
  const span = Number((last - first) / 1000000n); // milliseconds, what a slider counts in
  let from = last - WINDOW_NS > first ? last - WINDOW_NS : first;
  let at = last;
  let timer;

  const slider = el("input", { type: "range", min: 0, max: span, value: span, step: 1, "aria-label": "moment", class: "grow", id: "moment" });
  const speed = el("select", { "aria-label": "speed", id: "speed" }, [0.1, 1, 10, 60, 600].map((value) => el("option", { value, selected: value === 1 }, `${value}×`)));
  const play = el("button", { class: "plain", type: "button", id: "play" }, "Play");

  function go(next, keepStart) {
    at = next > last ? last : next;
    // Playing forward keeps where reading began, so that the service reads only what is between; for an hour at most.
    if (!keepStart || at - from > 6n * WINDOW_NS) from = at - WINDOW_NS > first ? at - WINDOW_NS : first;
    slider.value = Number((at - first) / 1000000n);
    slider.setAttribute("aria-valuetext", dateAndClock(at));
    tell(`archive, ${dateAndClock(at)} UTC`);
    setMoment(from, at);
  }
  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }
  function start() {
    if (at >= last) go(first, false);
    play.textContent = "Stop";
    timer = setInterval(() => {
      go(at + BigInt(Math.round(STEP_MS * 1e6 * Number(speed.value))), true);
      if (at >= last) stop();
    }, STEP_MS);
  }
  play.addEventListener("click", () => (timer ? stop() : start()));
  slider.addEventListener("change", () => { stop(); go(first + BigInt(slider.value) * 1000000n, false); });
  show(root, el("div", { class: "controls player" }, play, speed, slider, el("span", { class: "note" },
    `${count(nodes.reduce((sum, node) => sum + Number(node.events), 0))} events, ${dateAndClock(first)} to ${dateAndClock(last)} UTC`)));
  go(last, false);
}
