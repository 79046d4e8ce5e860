// Addresses of pages, and links to them.

import { el } from "./dom.js";
import { short } from "./format.js";

const path = (...parts) => `#/${parts.map((part) => encodeURIComponent(part)).join("/")}`;

export const nodePath = (node) => path("node", node);
export const peerPath = (node, process, peer) => path("node", node, "peer", process ?? "latest", peer);
// A node's page with the peers of an anomaly only.
export const anomalyPeersPath = (node, id) => `${nodePath(node)}?anomaly=${encodeURIComponent(id)}`;
export const anomalyPath = (id) => path("anomaly", id);
export const blockPath = (hash) => path("block", hash);
export const transactionPath = (hash) => path("transaction", hash);
export const messagePath = (id, node) => path("message", id) + (node ? `?node=${encodeURIComponent(node)}` : "");
export const selectionPath = (selection) => `#/messages?${new URLSearchParams(selection)}`;

export const nodeLink = (node) => el("a", { href: nodePath(node) }, node);
export const peerLink = (node, process, peer, text) => el("a", { href: peerPath(node, process, peer) }, text ?? `peer ${peer}`);
export const blockLink = (hash) => el("a", { href: blockPath(hash), class: "mono", title: hash }, short(hash));
export const transactionLink = (hash) => el("a", { href: transactionPath(hash), class: "mono", title: hash }, short(hash));
