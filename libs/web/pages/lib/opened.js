// A message opened in its place: asked for by its id, with what answers it.

import { api } from "./api.js";
import { el, show } from "./dom.js";
import { duration } from "./format.js";
import { fieldTree } from "./fields.js";
import { messagePath } from "./links.js";
import { copyButton, errorPanel } from "./parts.js";

const PROOFS = { nonce: "the same nonce", hash: "the same hash", order: "the protocol allows one only" };

export const proof = (by) => PROOFS[by] ?? by;

function pairs(answer) {
  const line = (text, pair) => el("p", {}, text, el("a", { href: messagePath(pair.id, answer.node) }, duration(pair.duration_ns)), el("span", { class: "quiet" }, ` (${proof(pair.by)})`));
  return [answer.answers && line("Answers a request sent before it by ", answer.answers), (answer.answered_by ?? []).map((pair) => line("Answered after ", pair)),
    answer.is_unanswered && el("p", { class: "warn" }, "No answer so far.")];
}

export function eventDetails(event, answer = {}) {
  return [
    answer.payload_omitted && el("p", { class: "note" }, "The event was larger than 32 KiB and is kept without its payload."),
    pairs({ node: event.node, ...answer }),
    fieldTree(event),
    el("p", {}, copyButton("Copy as JSON", () => event)),
  ];
}

export async function openMessage(place, id, node, signal) {
  show(place, el("p", { class: "quiet" }, "…"));
  try {
    const answer = await api(`/messages/${encodeURIComponent(id)}`, { node }, signal);
    show(place, eventDetails(answer.event, answer));
  } catch (error) {
    if (!signal.aborted) show(place, errorPanel(error.status === 404 ? { message: "This event is no longer kept." } : error));
  }
}
