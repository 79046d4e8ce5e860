// An event opened: all its fields as a tree, and its raw bytes as a hex dump.

import { el } from "./dom.js";
import { dateAndClock, serviceNames } from "./format.js";
import { blockLink, transactionLink } from "./links.js";

const OPEN_ITEMS = 8; // longer lists are closed at first
const MOST_ITEMS = 200;
const BYTES = 16;
const MOST_BYTES = 4096;
const HASH = /^[0-9a-f]{64}$/;

function linkedHash(name, value, beside) {
  if (/txid$/.test(name) || (name === "hash" && /TX$/.test(beside.type ?? ""))) return transactionLink(value);
  if (/block_hash$|^locator_hashes$|^stop_hash$/.test(name) || (name === "hash" && (/BLOCK$/.test(beside.type ?? "") || "merkle_root" in beside || "height" in beside))) return blockLink(value);
  return undefined;
}

function leaf(name, value, beside) {
  const link = HASH.test(value) && linkedHash(name, value, beside);
  if (link) {
    link.textContent = value;
    return link;
  }
  const meaning = /_ns$/.test(name) && typeof value === "bigint" ? `${dateAndClock(value, 9)} UTC`
    : /^(time|established|entry_time)_s$/.test(name) && value > 0 ? `${dateAndClock(BigInt(value) * 1000000000n)} UTC`
    : name === "services" ? serviceNames(value).join(" ") : "";
  return [el("code", {}, String(value)), meaning && el("span", { class: "quiet" }, ` ${meaning}`)];
}

function list(name, values, beside) {
  const shown = values.slice(0, MOST_ITEMS).map((value, index) => el("li", {}, value !== null && typeof value === "object" ? tree(value) : leaf(name, value, beside), index === MOST_ITEMS - 1 && " …"));
  const items = el("ol", { start: 0 }, shown);
  return el("details", { open: values.length <= OPEN_ITEMS }, el("summary", {}, `${values.length} ${values.length === 1 ? "item" : "items"}`), items);
}

function tree(object) {
  const names = Object.keys(object);
  if (!names.length) return el("span", { class: "quiet" }, "empty");
  return el("dl", { class: "tree" }, names.map((name) => {
    const value = object[name];
    const shown = Array.isArray(value) ? list(name, value, object) : value !== null && typeof value === "object" ? tree(value) : name === "raw" ? dump(value) : leaf(name, value, object);
    return [el("dt", {}, name), el("dd", {}, shown)];
  }));
}

const printable = (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".");

function dump(hex) {
  const lines = [];
  const shown = Math.min(hex.length / 2, MOST_BYTES);
  for (let at = 0; at < shown; at += BYTES) {
    const part = hex.slice(2 * at, 2 * Math.min(at + BYTES, shown)).match(/../g) ?? [];
    lines.push(`${at.toString(16).padStart(6, "0")}  ${part.join(" ").padEnd(3 * BYTES - 1)}  ${part.map((byte) => printable(parseInt(byte, 16))).join("")}`);
  }
  if (hex.length / 2 > shown) lines.push(`… ${hex.length / 2 - shown} more bytes`);
  return el("pre", { class: "dump", tabindex: 0 }, lines.join("\n") || "no bytes");
}

// The envelope first, then the event's own fields.
export const fieldTree = (event) => tree({ ...event, event: event.event ?? {} });
