// Starts the pages: which there are, the bar above them, and the state of the service in it.

import { api, isReport } from "./lib/api.js";
import { el, show } from "./lib/dom.js";
import { clock } from "./lib/format.js";
import { mode, poll } from "./lib/poll.js";
import { startPlayer } from "./lib/player.js";
import { startRouter } from "./lib/router.js";
import { errorPanel, head } from "./lib/parts.js";
import { addressesView } from "./views/addresses.js";
import { anomaliesView, anomalyView } from "./views/anomalies.js";
import { blockView, blocksView, transactionView } from "./views/blocks.js";
import { fleetView } from "./views/fleet.js";
import { healthView } from "./views/health.js";
import { messageView } from "./views/message.js";
import { messagesView } from "./views/messages.js";
import { nodeView } from "./views/node.js";
import { peerView } from "./views/peer.js";
import { reportView } from "./views/report.js";

const PAGES = [...(isReport ? [["report", "Report"]] : []), ["fleet", "Fleet"], ["messages", "Messages"], ["anomalies", "Anomalies"], ["blocks", "Blocks"], ["addresses", "Addresses"], ["health", "Health"]];
const PUBLIC = new Set(["fleet", "blocks", "health"]);
// Pages that stand below another one of the bar.
const PARENTS = { node: "fleet", message: "messages", anomaly: "anomalies", block: "blocks", transaction: "blocks" };

const state = document.getElementById("state");
let sources;

function tell(kind, text) {
  state.dataset.state = kind;
  if (state.textContent !== text) state.textContent = text;
}

function drawBar(current) {
  show(document.getElementById("pages"), PAGES.filter(([name]) => mode.access !== "public" || PUBLIC.has(name)).map(([name, label]) =>
    el("a", { href: `#/${name}`, "aria-current": name === (PARENTS[current] ?? current) ? "page" : undefined }, label)));
  document.querySelector("#pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }); // on a phone there is not room for all
}

function unknownView({ root }) {
  root.append(head("No such page"), errorPanel({ message: "This address does not name a page." }));
}

function watchService() {
  const signal = new AbortController().signal;
  window.addEventListener("unreached", () => tell("lost", "service does not answer, retrying"));
  window.addEventListener("reached", () => {
    if (sources && sources.connected < sources.configured) tell("lost", `${sources.connected} of ${sources.configured} sources connected`);
    else tell("live", "live");
  });
  poll(() => ["/health"], (answer) => { sources = answer.sources; }, { signal, fail: () => {}, every: 5000 });
}

async function start() {
  let about;
  while (!about) {
    try {
      about = await api("/about");
    } catch (error) {
      tell("lost", error.status ? error.message : "service does not answer, retrying");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  mode.archive = about.mode === "archive";
  mode.access = about.access;
  mode.limits = about.limits ?? {};
  mode.selectionKeys = about.selection_keys ?? [];
  if (isReport) tell("report", `report, ${clock(about.time_ns, 0)} UTC`);
  else if (mode.archive) await startPlayer(document.getElementById("player"), (text) => tell("archive", text));
  else watchService();
  startRouter(document.getElementById("content"), {
    fleet: fleetView, node: (page) => (page.parts[2] === "peer" ? peerView(page) : nodeView(page)), messages: messagesView, message: messageView,
    anomalies: anomaliesView, anomaly: anomalyView, blocks: blocksView, block: blockView, transaction: transactionView,
    addresses: addressesView, health: healthView, report: reportView, unknown: unknownView,
  }, drawBar, isReport ? "report" : "fleet");
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("content").focus();
});
start();
