// What to show, by the options of peer-observer-logger. The form, the address of the page and the query of the API have the same names.

import { el, show } from "./dom.js";
import { directionOf, isMessage } from "./event.js";
import { stringify } from "./json.js";
import { mode } from "./poll.js";

// Of the keys that the service names (`selection_keys` of /about), and of the two parameters beside them.
const WORDS = {
  kind: { placeholder: "message, mempool.rejected" },
  message_type: { label: "message type", placeholder: "inv, tx" },
  direction: { options: ["", "inbound", "outbound"] },
  peer: { placeholder: "17" },
  address: { placeholder: "192.0.2.1" },
  network: { placeholder: "ipv4, onion" },
  as: { label: "AS", placeholder: "64500" },
  pid: { label: "process (pid)", placeholder: "4711" },
  hash: { placeholder: "txid, wtxid or block hash" },
  select: { label: "or terms, as --select takes them", placeholder: "message_type=inv|tx,direction=inbound or kind=anomaly", wide: true },
};
const fieldsOf = (names) => names.map((name) => ({ name, label: name, ...WORDS[name] }));
const allFields = () => fieldsOf(["node", ...mode.selectionKeys, "select"]);
const BETWEEN_ALTERNATIVES = /\s+or\s+/; // a term has no spaces around it

const valuesOf = (name, text) => text.split(name === "select" ? BETWEEN_ALTERNATIVES : /[,\s]+/).map((one) => one.trim()).filter(Boolean);

// {name: [values]} from the query of a page's address.
export function readSelection(query) {
  return Object.fromEntries(allFields().map(({ name }) => [name, query.getAll(name)]).filter(([, values]) => values.length));
}

export function writeSelection(selection) {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(selection)) for (const value of values) query.append(name, value);
  return query;
}

// What the service would select, for a report, which has nobody to ask; and the conditions of which only the service knows what fits.
const FITS = {
  node: (event, value) => event.node === value,
  kind: (event, value) => event.kind === value || event.kind.startsWith(`${value}.`),
  message_type: (event, value) => event.event?.message_type === value,
  direction: (event, value) => isMessage(event) && directionOf(event) === value,
  peer: (event, value) => String(event.event?.peer_id) === value,
  address: (event, value) => {
    const address = event.event?.address ?? "";
    return address === value || address.replace(/:\d+$/, "").replace(/^\[|\]$/g, "") === value;
  },
  as: (event, value) => String(event.event?.mapped_as) === value,
  pid: (event, value) => String(event.pid) === value,
  hash: (event, value) => stringify(event.event ?? {}).includes(`"${value}"`),
};
export const selects = (selection, event) => Object.entries(selection).every(([name, values]) => !FITS[name] || values.some((value) => FITS[name](event, value)));
export const onlyServiceSelects = (selection) => Object.keys(selection).filter((name) => !FITS[name]);

function help() {
  return el("details", { class: "note" }, el("summary", {}, "How to select"),
    el("p", {}, "Fields: an event must fit one value of each field that is filled; several values have commas between them. ",
      "Terms instead of fields, for what one line of fields cannot say: ", el("code", {}, "KEY=VALUE"), ` with the keys ${mode.selectionKeys.slice(0, -1).join(", ")} and ${mode.selectionKeys.at(-1)}; commas between terms that must all fit, `,
      el("code", {}, "|"), " between values of which one must, ", el("code", {}, " or "), " between alternatives. Node is a field in either case."));
}

// The element, and explain(error): shows what the service says is wrong beside the field it is about; false where it is about none.
export function selectionForm(selection, changed) {
  const form = el("form", { class: "controls", onsubmit: (event) => { event.preventDefault(); submit(); } });
  const fields = new Map();
  const controls = allFields().map(({ name, label, options, placeholder, wide }) => {
    const value = (selection[name] ?? []).join(wide ? " or " : ", ");
    const problem = el("span", { class: "problem", id: `select-${name}-problem`, role: "alert" });
    const attributes = { name, id: `select-${name}`, "aria-describedby": problem.id };
    const control = options
      ? el("select", attributes, options.map((one) => el("option", { value: one, selected: one === value }, one || "both")))
      : el("input", { ...attributes, value, placeholder, spellcheck: "false", autocomplete: "off", autocapitalize: "off" });
    control.addEventListener("change", () => submit());
    fields.set(name, { control, problem });
    return el("label", { class: wide && "grow terms" }, label, control, problem);
  });
  const read = () => Object.fromEntries(allFields().map(({ name }) => [name, valuesOf(name, fields.get(name).control.value)]).filter(([, values]) => values.length));
  function explain(error) {
    for (const { control, problem } of fields.values()) {
      control.removeAttribute("aria-invalid");
      show(problem);
    }
    const field = fields.get(error?.parameter);
    if (!field) return false;
    field.control.setAttribute("aria-invalid", "true");
    show(field.problem, error.message);
    return true;
  }
  function submit() {
    explain();
    changed(read());
  }
  form.append(...controls, el("button", { class: "plain", type: "submit" }, "Select"));
  return { element: el("div", {}, form, help()), explain };
}
