// Parts that several pages have.

import { el } from "./dom.js";
import { stringify } from "./json.js";

export const panel = (title, ...children) => el("section", { class: "panel" }, title && el("h2", {}, title), children);

export const note = (...text) => el("p", { class: "note panel", role: "note" }, text);

export function facts(pairs) {
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

export function head(title, ...rest) {
  document.title = `${title} · peer-observer`;
  return el("div", { class: "head" }, el("h1", {}, title), rest);
}

export const tag = (text, kind = "", title) => el("span", { class: `tag ${kind}`, title }, text);

export const errorPanel = (error) => el("p", { class: "panel error", role: "alert" },
  error.status === 403 ? "This service does not show this to the public." : error.message);

// `value` is called when the button is pressed. Without a clipboard (plain HTTP to another host) the text is shown, to copy by hand.
export function copyButton(label, value, id) {
  const button = el("button", { class: "plain", type: "button", id }, label);
  button.addEventListener("click", async () => {
    const found = value();
    const text = Array.isArray(found) ? found.map((one) => stringify(one)).join("\n") : stringify(found, 2);
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.after(el("textarea", { readonly: true, rows: 8, cols: 80, "aria-label": "JSON" }, text));
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}
