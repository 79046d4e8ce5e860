// The live feed with the logger's selections: newest first; it pauses, scrolls back, and copies as JSON.

import { api, isReport } from "../lib/api.js";
import { el, show } from "../lib/dom.js";
import { makeDrawer } from "../lib/drawer.js";
import { idOf, isMessage, directionOf, processOf, summaryOf } from "../lib/event.js";
import { openFeed } from "../lib/feed.js";
import { clock, count, shortAddress } from "../lib/format.js";
import { nodeLink, peerLink } from "../lib/links.js";
import { eventDetails, openMessage } from "../lib/opened.js";
import { copyButton, errorPanel, head } from "../lib/parts.js";
import { mode } from "../lib/poll.js";
import { rememberQuery } from "../lib/router.js";
import { readSelection, selectionForm, writeSelection } from "../lib/selection.js";

const MOST_ROWS = 200; // while it runs; scrolling back adds more
const MOST_PAUSED = 2000; // events kept while it is paused
const RATES = [10, 50, 200, 500];
const PAGE = 100;

function row(event, open) {
  const fields = event.event ?? {};
  const direction = directionOf(event);
  const kind = direction === "inbound" ? "in" : direction === "outbound" ? "out" : "";
  const name = isMessage(event) || fields.message_type ? fields.message_type : event.kind;
  const button = el("button", { class: "message", type: "button" },
    el("span", { class: "mono at" }, clock(event.timestamp_ns, 3)),
    el("span", { class: `dir ${kind}`, "aria-label": direction }, isMessage(event) ? (direction === "inbound" ? "←" : direction === "outbound" ? "→" : "·") : "◆"),
    el("span", { class: `type ${event.kind === "missed" || event.kind === "events_lost" || fields.decode_error ? "bad" : ""}` }, name),
    el("span", { class: "size quiet" }, fields.size === undefined ? "" : `${fields.size} B`),
    el("span", { class: "words mono" }, fields.decode_error ? `${fields.decode_error} ` : "", summaryOf(event)));
  button.addEventListener("click", () => open(event, button));
  const peer = fields.peer_id === undefined ? undefined : peerLink(event.node, processOf(event), fields.peer_id, fields.address ? shortAddress(fields.address) : `peer ${fields.peer_id}`);
  return el("li", { class: "row" }, el("div", { class: "line" }, button, el("span", { class: "who" }, nodeLink(event.node), " ", peer)));
}

export function messagesView({ query, root, signal }) {
  let selection = readSelection(query);
  let paused = false;
  let shown = []; // newest first, as in the list
  let waiting = [];
  let older = true;
  let stream = new AbortController();
  const list = el("ol", { class: "rows feed", "aria-label": "events, newest first" });
  const status = el("p", { class: "note", role: "status", id: "sample" }, "connecting");
  const problem = el("div");
  const pause = el("button", { class: "plain", type: "button", id: "pause", "aria-pressed": "false", onclick: () => setPaused(!paused) }, "Pause");
  const rate = el("select", { id: "rate", onchange: () => restart() }, RATES.map((value) => el("option", { value, selected: value === 50 }, `${value} a second`)));
  const back = el("button", { class: "plain", type: "button", id: "older", onclick: () => loadOlder() }, "Older");
  const form = selectionForm(selection, (chosen) => { selection = chosen; rememberQuery(writeSelection(selection)); restart(); });
  root.append(head("Messages"), isReport ? "" : form,
    el("div", { class: "controls" }, pause, el("label", {}, "at most", rate), copyButton("Copy shown as JSON", () => [...shown].reverse(), "copy")), status, problem,
    el("div", { class: "panel flush" }, list), back);
  const drawer = makeDrawer(root, signal);
  signal.addEventListener("abort", () => stream.abort());

  function open(event, button) {
    drawer.open(event.kind, button);
    if (isReport || event.sequence === undefined || event.kind === "missed") show(drawer.body, eventDetails(event));
    else openMessage(drawer.body, idOf(event), event.node, signal);
  }
  function add(events) {
    if (paused) {
      waiting.push(...events);
      waiting.splice(0, waiting.length - MOST_PAUSED);
      pause.textContent = `Continue (${count(waiting.length)} newer)`;
      return;
    }
    const fresh = events.slice(-MOST_ROWS).reverse();
    shown = [...fresh, ...shown].slice(0, MOST_ROWS);
    list.prepend(...fresh.map((event) => row(event, open)));
    while (list.children.length > MOST_ROWS) list.lastChild.remove();
  }
  function setPaused(value) {
    paused = value;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Continue" : "Pause";
    if (!paused) add(waiting.splice(0));
  }
  async function loadOlder() {
    setPaused(true);
    try {
      const answer = await api("/events", { ...selection, before: shown.length ? idOf(shown.at(-1)) : undefined, limit: PAGE }, signal);
      const events = [...answer.events].reverse();
      shown.push(...events);
      list.append(...events.map((event) => row(event, open)));
      older = answer.has_older;
      back.disabled = !older;
      back.textContent = older ? "Older" : "No older events are kept";
    } catch (error) {
      if (!signal.aborted) show(problem, errorPanel(error));
    }
  }
  // What a stream that is refused has to say, EventSource does not tell: the same selection asked as a list does.
  async function explain() {
    await loadOlder();
    status.textContent = "The service refused the stream.";
  }
  function restart() {
    stream.abort();
    stream = new AbortController();
    [shown, waiting] = [[], []];
    setPaused(false);
    show(list);
    show(problem);
    if (isReport) return void api("/events", {}, signal).then((answer) => { add(answer.events); status.textContent = `${count(answer.events.length)} selected events`; pause.disabled = back.disabled = rate.disabled = true; });
    if (mode.archive) return void loadOlder().then(() => { status.textContent = "Events up to the moment that is shown."; });
    openFeed({ ...selection, rate: rate.value, last: PAGE }, {
      events: add, signal: stream.signal,
      sample: ({ matched, shown: passed, dropped }) => {
        status.textContent = matched > passed ? `Sampled: ${count(passed)} of ${count(matched)} events a second are shown, evenly chosen${dropped ? `; ${count(dropped)} left out because this page reads too slowly` : ""}.`
          : `${count(matched)} events a second, all shown.`;
      },
      state: (state) => {
        if (state === "open") show(problem);
        else if (state === "retrying") status.textContent = "The service does not answer, retrying.";
        else if (state === "refused") explain();
      },
    });
  }
  restart();
  if (mode.archive) window.addEventListener("moment", restart, { signal });
}
