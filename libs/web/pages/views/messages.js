// The live feed with the logger's selections: newest first; it pauses, scrolls back, and copies as JSON.

import { api, isReport, reportPath } from "../lib/api.js";
import { el, isWide, show } from "../lib/dom.js";
import { makeDrawer } from "../lib/drawer.js";
import { idOf, isMessage, directionOf, processOf, summaryOf } from "../lib/event.js";
import { openFeed } from "../lib/feed.js";
import { clock, count, duration, shortAddress } from "../lib/format.js";
import { nodeLink, peerLink } from "../lib/links.js";
import { eventDetails, openMessage } from "../lib/opened.js";
import { copyButton, errorPanel, head, note } from "../lib/parts.js";
import { mode } from "../lib/poll.js";
import { rememberQuery } from "../lib/router.js";
import { onlyServiceSelects, readSelection, selectionForm, selects, writeSelection } from "../lib/selection.js";

const MOST_ROWS = 200; // while it runs; scrolling back adds more
const MOST_PAUSED = 2000; // events kept while it is paused
const RATES = [10, 50, 100]; // more than this nobody reads, and a browser would be late with frames
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
    el("span", { class: "words mono" }, event.kind === "message.processed" ? `processed in ${duration(fields.duration_ns)}` : [fields.decode_error ? `${fields.decode_error} ` : "", summaryOf(event)]));
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
  const rows = el("div", { class: "panel flush", hidden: true }, list);
  const status = el("p", { class: "note", role: "status", id: "sample" }, "connecting");
  const problem = el("div");
  const pause = el("button", { class: "plain", type: "button", id: "pause", "aria-pressed": "false", onclick: () => setPaused(!paused) }, "Pause");
  const rate = el("select", { id: "rate", onchange: () => restart() }, RATES.map((value) => el("option", { value, selected: value === 50 }, `${value} a second`)));
  const back = el("button", { class: "plain", type: "button", id: "older", onclick: () => loadOlder() }, "Older");
  const save = el("a", { class: "plain", id: "report", href: reportPath(selection), title: "One HTML file with these events, their peers and these pages inside. It shows full addresses." }, "Save as report");
  const form = selectionForm(selection, (chosen) => {
    selection = chosen;
    rememberQuery(writeSelection(selection));
    restart();
  });
  const follow = isReport || mode.archive ? [] : [pause, el("label", {}, "at most", rate)];
  const empty = note("No event fits this selection so far.");
  root.append(head("Messages"), isReport ? "" : el("details", { class: "selection", open: isWide() || Object.keys(selection).length > 0 }, el("summary", {}, "Select events"), form.element),
    el("div", { class: "controls" }, follow, copyButton("Copy shown as JSON", () => [...shown].reverse(), "copy"), !isReport && save), status, problem, empty,
    rows, isReport ? "" : back);
  const drawer = makeDrawer(root, signal);
  signal.addEventListener("abort", () => stream.abort());

  function open(event, button) {
    drawer.open(event.kind, button);
    if (event.sequence === undefined || event.kind === "missed") show(drawer.body, eventDetails(event));
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
    [empty.hidden, rows.hidden] = [shown.length > 0, !shown.length];
  }
  function setPaused(value) {
    paused = value;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Continue" : "Pause";
    if (!paused) add(waiting.splice(0));
  }
  async function loadOlder() {
    setPaused(true);
    show(problem);
    try {
      const answer = await api("/events", { ...selection, before: shown.length ? idOf(shown.at(-1)) : undefined, limit: PAGE }, signal);
      const events = [...answer.events].reverse();
      shown.push(...events);
      list.append(...events.map((event) => row(event, open)));
      [empty.hidden, rows.hidden] = [shown.length > 0, !shown.length];
      older = answer.has_older;
      back.disabled = !older;
      back.textContent = older ? "Older" : "No older events are kept";
    } catch (error) {
      if (signal.aborted) return;
      if (!form.explain(error)) show(problem, errorPanel(error));
      return false;
    }
    return true;
  }
  // What a stream that is refused has to say, EventSource does not tell: the same selection asked as a list does.
  async function explain() {
    const isAllowed = await loadOlder();
    status.textContent = isAllowed ? "The service refused the stream: too many are open. Reload this page to try again." : "Nothing is shown: the selection is not valid.";
  }
  // Whatever was selected, of which the address may choose some.
  async function showReport() {
    const { events } = await api("/events", {}, signal);
    shown = events.filter((event) => selects(selection, event)).reverse();
    show(list, shown.map((event) => row(event, open)));
    [empty.hidden, rows.hidden] = [shown.length > 0, !shown.length];
    status.textContent = shown.length === events.length ? `${count(events.length)} selected events, newest first` : `${count(shown.length)} of ${count(events.length)} selected events: those of ${decodeURIComponent(writeSelection(selection))}`;
    const ignored = onlyServiceSelects(selection);
    if (ignored.length) status.textContent += `. A report cannot select by ${ignored.join(" or ")}: that condition is ignored.`;
  }
  function restart() {
    stream.abort();
    stream = new AbortController();
    [shown, waiting] = [[], []];
    setPaused(false);
    show(list);
    show(problem);
    save.setAttribute("href", reportPath(selection));
    if (isReport) return void showReport();
    if (mode.archive) return void loadOlder().then((isAllowed) => { status.textContent = isAllowed ? "Events up to the moment that is shown." : "Nothing is shown: the selection is not valid."; });
    openFeed({ ...selection, rate: rate.value, last: PAGE }, {
      events: add, signal: stream.signal,
      sample: ({ matched, shown: passed, dropped }) => {
        status.textContent = matched > passed ? `Sampled: ${count(passed)} of ${count(matched)} events a second are shown, evenly chosen${dropped ? `; ${count(dropped)} left out because this page reads too slowly` : ""}.`
          : matched ? `${count(matched)} events a second, all shown.` : "No event in the last second.";
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
