// Whether what the pages show is whole and fresh: sources, gaps, losses, the lag of the service and of this page.

import { isReport } from "../lib/api.js";
import { el, show } from "../lib/dom.js";
import { age, bytes, count, dateAndClock, duration } from "../lib/format.js";
import { milliseconds } from "../lib/json.js";
import { nodeLink } from "../lib/links.js";
import { errorPanel, facts, head, panel } from "../lib/parts.js";
import { poll } from "../lib/poll.js";
import { Table } from "../lib/table.js";
import { secondsSince } from "./fleet.js";

// A tool publishes what it found under a name of its own.
const OF_TOOLS = ["anomaly", "addr_connectivity"];
const isOfNode = ({ contexts = [] }) => contexts.some((context) => !OF_TOOLS.includes(context));

const counted = (value, kind = "bad") => el("span", { class: value ? kind : "" }, count(value));

function pageFigures(signal) {
  const page = { answer: undefined, frame: 0 };
  window.addEventListener("reached", ({ detail }) => { page.answer = detail.milliseconds; }, { signal });
  let before;
  const frame = (now) => {
    if (signal.aborted) return;
    // The longest of the last seconds fades, so that an old one does not stay.
    if (before !== undefined && !document.hidden) page.frame = Math.max(now - before, page.frame * 0.99);
    before = document.hidden ? undefined : now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return page;
}

export function healthView({ root, signal }) {
  let now;
  const page = pageFigures(signal);
  const figures = el("div");
  const publishers = new Table({ name: "publishers", caption: "Publishers", columns: [
    { key: "node", label: "node or tool", value: (one) => one.node, cell: (one) => (isOfNode(one) ? nodeLink(one.node) : one.node) },
    { key: "publisher", label: "publisher", value: (one) => one.publisher, cell: (one) => el("span", { class: "mono" }, one.publisher) },
    { key: "contexts", label: "publishes", value: (one) => (one.contexts ?? []).join(" "), wide: true },
    { key: "next", label: "next sequence", number: true, value: (one) => one.next_sequence, cell: (one) => count(one.next_sequence) },
    { key: "last", label: "last heard", number: true, value: (one) => one.last_ns, cell: (one) => one.last_ns && `${age(secondsSince(now, one.last_ns))} ago` },
    { key: "missed", label: "missed events", number: true, value: (one) => one.missed_events, cell: (one) => counted(one.missed_events) },
    { key: "ended", label: "state", value: (one) => (one.is_ended ? "stopped in order" : "publishing") }] });
  const losses = new Table({ name: "losses", caption: "The latest losses", sort: "noticed", descending: true, columns: [
    { key: "noticed", label: "noticed", number: true, value: (one) => one.noticed_ns, cell: (one) => dateAndClock(one.noticed_ns, 3) },
    { key: "node", label: "node", value: (one) => one.node, cell: (one) => nodeLink(one.node) },
    { key: "kind", label: "kind", value: (one) => one.kind },
    { key: "what", label: "what", value: (one) => (one.tracepoint ? `${one.tracepoint} ${one.cause}` : one.first_sequence === undefined ? undefined : `from sequence ${one.first_sequence}`) },
    { key: "count", label: "events", number: true, value: (one) => one.count, cell: (one) => (one.count === undefined ? "unknown" : count(one.count)) },
    { key: "publisher", label: "publisher", value: (one) => one.publisher, cell: (one) => el("span", { class: "mono" }, one.publisher) }] });
  const noLosses = el("p", { class: "note panel" }, isReport ? "No loss is recorded: every event between the first and the last is there." : "No losses.");
  const lossesPanel = el("div", { class: "panel flush", hidden: true }, losses.element);
  root.append(head("Health"), figures, el("div", { class: "panel flush" }, publishers.element), noLosses, lossesPanel);
  poll(() => ["/health"], (answer) => {
    now = answer.time_ns;
    const { bus = {}, sources = {}, state = {}, clients = {} } = answer;
    if (isReport) show(figures, panel("What was recorded", facts([["events", el("span", { "data-figure": "events" }, count(bus.events))], ["bad events", counted(bus.bad_events)], ["losses", counted(answer.losses?.length ?? 0)]])));
    else show(figures, el("div", { class: "pair" },
      panel("Sources and bus", facts([["sources connected", el("span", { class: sources.connected < sources.configured ? "bad" : "good", "data-figure": "sources" }, `${sources.connected} of ${sources.configured}`)], ["events", el("span", { "data-figure": "events" }, count(bus.events))], ["batches", count(bus.batches)], ["bytes", bytes(bus.bytes)],
        ["missed events", counted(bus.missed_events)], ["losses of unknown size", counted(bus.unknown_losses)], ["bad frames", counted(bus.bad_frames)], ["refused frames", counted(bus.refused_frames)], ["bad events", counted(bus.bad_events)]])),
      panel("Lag", facts([["events, when they reach the service", duration(answer.lag_ns)], ["answers to this page", page.answer === undefined ? undefined : duration(page.answer * 1e6)], ["longest frame of this page", `${page.frame.toFixed(1)} ms`],
        ["this browser's clock is ahead by", duration(Math.round((Date.now() - milliseconds(now)) * 1e6))], ["running since", answer.started_ns && `${dateAndClock(answer.started_ns)} UTC`]])),
      panel("Kept in memory", facts(Object.entries(state).map(([name, value]) => [name === "events_bytes" ? "bytes of events" : name, name.endsWith("bytes") ? bytes(value) : count(value)]))),
      panel("Clients", facts(Object.entries(clients).map(([name, value]) => [name, count(value)])))));
    publishers.update(answer.publishers ?? []);
    losses.update(answer.losses ?? []);
    lossesPanel.hidden = !answer.losses?.length;
    noLosses.hidden = !lossesPanel.hidden;
  }, { signal, every: 1000, fail: (error) => show(figures, errorPanel(error)) });
}
