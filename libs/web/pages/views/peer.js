// One peer: what it is, what it sends, its conversation as a sequence diagram, its other connections.

import { api, isReport } from "../lib/api.js";
import { el, show } from "../lib/dom.js";
import { absent, age, bytes, count, dateAndClock, duration, rate } from "../lib/format.js";
import { milliseconds } from "../lib/json.js";
import { makeDrawer } from "../lib/drawer.js";
import { anomalyPath, nodeLink, peerLink, selectionPath } from "../lib/links.js";
import { openMessage } from "../lib/opened.js";
import { copyButton, errorPanel, facts, head, panel, tag } from "../lib/parts.js";
import { poll } from "../lib/poll.js";
import { sequence } from "../lib/sequence.js";
import { Table } from "../lib/table.js";
import { networkName, secondsSince } from "./fleet.js";
import { endingTag, servicesOf } from "./peer_columns.js";

const SPANS = [["whole", 0], ["10 minutes", 600e3], ["1 minute", 60e3], ["10 s", 10e3], ["1 s", 1e3], ["100 ms", 100], ["10 ms", 10]];
const LIMIT = 200;

// Changes when something comes, or an answer to what is there.
const stateOf = (items) => items.map((item) => `${item.id} ${item.answered_by?.length ?? 0} ${item.is_unanswered ?? ""}`).join();

function about(peer, node, now) {
  const seconds = (then) => secondsSince(peer.closed_ns ?? now, then);
  return facts([
    ["node", nodeLink(node)],
    ["type", el("span", { class: peer.direction === "inbound" ? "in" : "out" }, peer.connection_type)],
    ["network", networkName(peer.network)],
    ["AS", peer.mapped_as && `${peer.mapped_as} ${peer.as_name ?? ""}`],
    ["transport", peer.transport_protocol_type],
    ["user agent", peer.user_agent && el("span", { class: "mono", "data-figure": "user_agent" }, peer.user_agent)],
    ["protocol version", peer.version === undefined ? undefined : `${peer.version}`],
    ["services", peer.services === undefined ? undefined : servicesOf(peer).join(" ") || "none"],
    ["start height", peer.start_height === undefined ? undefined : count(peer.start_height)],
    ["relays transactions", absent(peer.relay) ? undefined : peer.relay ? "yes" : "no"],
    ["opened", peer.opened_ns && `${dateAndClock(peer.opened_ns, peer.is_opening_known ? 3 : 0)} UTC${peer.is_opening_known ? "" : ", before this was observed"}`],
    [peer.closed_ns ? "lasted" : "age", peer.opened_ns && age(seconds(peer.opened_ns))],
    ["closed", peer.closed_ns && el("span", {}, `${dateAndClock(peer.closed_ns, 3)} UTC `, endingTag(peer))],
    ["last message", peer.last_ns && `${age(seconds(peer.last_ns))} ago`],
    ["messages", el("span", {}, el("span", { class: "in", "data-figure": "messages_in" }, count(peer.messages_in)), " in, ", el("span", { class: "out", "data-figure": "messages_out" }, count(peer.messages_out)), " out")],
    ["bytes", `${bytes(peer.bytes_in)} in, ${bytes(peer.bytes_out)} out`],
    ["ping", peer.ping_ns === undefined ? undefined : `${duration(peer.ping_ns)}, least ${duration(peer.min_ping_ns)}`],
    ["feefilter", peer.fee_filter_sat_per_kvb === undefined ? undefined : `${count(peer.fee_filter_sat_per_kvb)} sat/kvB`],
    ["announced first", `${count(peer.first_blocks ?? 0)} blocks, ${count(peer.first_transactions ?? 0)} transactions`],
    ["undecodable messages", peer.undecodable ? el("span", { class: "bad" }, count(peer.undecodable)) : undefined],
    ["misbehaving", peer.misbehaving?.length ? el("span", { class: "bad" }, peer.misbehaving.join("; ")) : undefined],
    ["anomalies", peer.anomalies?.length ? peer.anomalies.map((id) => [el("a", { href: anomalyPath(id), class: "mono warn" }, id.slice(0, 8)), " "]) : undefined],
  ]);
}

function typesTable() {
  const number = (key, label, shown = count) => ({ key, label, number: true, value: (type) => type[key], cell: (type) => shown(type[key] ?? 0) });
  return new Table({ name: "types", caption: "Messages by type", sort: "messages_in", descending: true, columns: [
    { key: "type", label: "type", value: (type) => type.message_type },
    number("messages_in", "in"), number("messages_out", "out"), number("bytes_in", "bytes in", bytes), number("bytes_out", "bytes out", bytes),
    number("per_minute_in", "in/min", rate), number("per_minute_out", "out/min", rate)] });
}

function elsewhereTable() {
  return new Table({ name: "elsewhere", caption: "The same address at other nodes and in other connections", columns: [
    { key: "node", label: "node", value: (one) => one.node, cell: (one) => nodeLink(one.node) },
    { key: "peer", label: "peer", value: (one) => one.peer.peer_id, cell: (one) => [peerLink(one.node, one.peer.process, one.peer.peer_id), " ", endingTag(one.peer)] },
    { key: "by", label: "same", value: (one) => one.by },
    { key: "address", label: "address", value: (one) => one.peer.address, text: true },
    { key: "type", label: "type", value: (one) => one.peer.connection_type },
    { key: "agent", label: "user agent", value: (one) => one.peer.user_agent, text: true, wide: true },
    { key: "opened", label: "opened", value: (one) => one.peer.opened_ns, cell: (one) => dateAndClock(one.peer.opened_ns) }] });
}

export function peerView({ parts, root, signal }) {
  const [, node, , process, peer] = parts;
  const title = el("span");
  const figures = el("div");
  const types = typesTable();
  const elsewhere = elsewhereTable();
  const elsewherePanel = el("div", { class: "panel flush", hidden: true }, elsewhere.element);
  const diagram = el("div", { class: "panel" });
  const status = el("span", { class: "note", role: "status" });
  let items = [];
  let older = false;
  let dropped = 0;
  let range;
  let focused;

  const follow = el("input", { type: "checkbox", id: "follow", checked: true });
  const type = el("select", { id: "type", onchange: () => { items = []; again(); } }, el("option", { value: "" }, "all"));
  const span = el("select", { id: "span", onchange: () => { range = undefined; draw(); } }, SPANS.map(([label, value]) => el("option", { value }, label)));
  const more = el("button", { class: "plain", type: "button", id: "older", onclick: () => loadOlder() }, "Older");
  root.append(head(`${node} · peer ${peer}`, title, el("a", { href: selectionPath({ node, peer }) }, "messages")), figures, diagram,
    el("div", { class: "panel flush" }, types.element), elsewherePanel);
  const drawer = makeDrawer(root, signal);
  const place = el("div");
  diagram.append(el("h2", {}, "Conversation, in true time"),
    el("div", { class: "controls" }, el("label", {}, "message type", type), el("label", {}, "span around the chosen message", span),
      el("label", { class: "check" }, follow, "follow"), more, copyButton("Copy as JSON", () => items), status), place);

  function shownRange() {
    const first = milliseconds(items[0].timestamp_ns);
    const last = milliseconds(items.at(-1).timestamp_ns);
    if (range) return range;
    const width = Number(span.value);
    if (!width) return [first, last];
    const centre = focused ? milliseconds(focused.timestamp_ns) : last;
    return focused ? [centre - width / 2, centre + width / 2] : [last - width, last];
  }
  function draw() {
    more.disabled = !older;
    if (!items.length) return show(place, el("p", { class: "quiet" }, "No messages are kept of this peer."));
    const [from, to] = shownRange();
    const drawn = sequence(items, { from, to, zoom: (start, end) => { range = [start, end]; draw(); }, open: (item, button) => {
      focused = item;
      drawer.open(`${item.message_type ?? item.kind}`, button);
      openMessage(drawer.body, item.id, node, signal);
    } });
    show(place, drawn.element);
    status.textContent = `${drawn.count} of ${items.length} messages${dropped ? `; ${count(dropped)} before them are no longer kept` : ""}${range ? "; choose a span to see others" : ""}`;
  }
  const parameters = (extra) => ({ process: process === "latest" ? undefined : process, message_type: type.value || undefined, limit: LIMIT, ...extra });
  const path = `/nodes/${encodeURIComponent(node)}/peers/${encodeURIComponent(peer)}`;

  // New items come behind those that are there, whose answers may have come meanwhile.
  function merge(found) {
    const fresh = new Map(found.map((item) => [item.id, item]));
    const old = items.filter((item) => !fresh.has(item.id));
    const before = old.filter((item) => !found.length || item.timestamp_ns <= found[0].timestamp_ns);
    return [...before, ...found];
  }
  async function loadOlder() {
    follow.checked = false;
    const answer = await api(path, parameters({ before: items[0]?.id }), signal);
    items = [...answer.conversation, ...items];
    older = answer.has_older;
    draw();
  }
  const again = poll(() => [path, parameters()], (answer) => {
    const one = answer.peer;
    show(title, el("span", { class: "mono" }, one.address ?? ""), " ", endingTag(one) ?? tag("open", "good"));
    show(figures, panel("", about(one, node, answer.time_ns)));
    types.update(one.by_type ?? []);
    for (const { message_type: name } of one.by_type ?? []) if (![...type.options].some((option) => option.value === name)) type.append(el("option", { value: name }, name));
    elsewherePanel.hidden = !answer.elsewhere?.length;
    elsewhere.update(answer.elsewhere ?? []);
    if (items.length && !follow.checked) return;
    const known = stateOf(items);
    const wasOlder = items.length ? older : answer.has_older;
    items = merge(isReport && type.value ? answer.conversation.filter((item) => item.message_type === type.value) : answer.conversation);
    older = wasOlder;
    dropped = answer.dropped_events ?? 0;
    if (known !== stateOf(items) || !items.length) draw();
  }, { signal, fail: (error) => show(figures, errorPanel(error)) });
}
