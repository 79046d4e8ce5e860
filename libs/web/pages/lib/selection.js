// What to show, by the options of peer-observer-logger. The form, the address of the page and the query of the API have the same names.

import { el } from "./dom.js";

const FIELDS = [
  { name: "node", label: "node" },
  { name: "kind", label: "kind", placeholder: "message, mempool.rejected" },
  { name: "message_type", label: "message type", placeholder: "inv, tx" },
  { name: "direction", label: "direction", options: ["", "inbound", "outbound"] },
  { name: "peer", label: "peer", placeholder: "17" },
  { name: "address", label: "address", placeholder: "192.0.2.1" },
  { name: "pid", label: "process (pid)", placeholder: "4711" },
  { name: "as", label: "AS", placeholder: "64500" },
];

// {name: [values]} from the query of a page's address.
export function readSelection(query) {
  return Object.fromEntries(FIELDS.map(({ name }) => [name, query.getAll(name)]).filter(([, values]) => values.length));
}

export function writeSelection(selection) {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(selection)) for (const value of values) query.append(name, value);
  return query;
}

// Several values of an option are written with commas between them.
export function selectionForm(selection, changed) {
  const form = el("form", { class: "controls", onsubmit: (event) => { event.preventDefault(); changed(read()); } });
  const controls = FIELDS.map(({ name, label, options, placeholder }) => {
    const value = (selection[name] ?? []).join(", ");
    const control = options
      ? el("select", { name, id: `select-${name}` }, options.map((one) => el("option", { value: one, selected: one === value }, one || "both")))
      : el("input", { name, id: `select-${name}`, value, placeholder, spellcheck: "false", autocomplete: "off", autocapitalize: "off" });
    control.addEventListener("change", () => changed(read()));
    return el("label", {}, label, control);
  });
  const read = () => Object.fromEntries(FIELDS.map(({ name }) => [name, form.elements[name].value.split(/[,\s]+/).filter(Boolean)]).filter(([, values]) => values.length));
  form.append(...controls, el("button", { class: "plain", type: "submit" }, "Select"));
  return form;
}
