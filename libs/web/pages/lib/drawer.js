// What has been opened, beside the page (on a phone: over its lower half). Escape closes it, and the focus returns to where it was.

import { el, show } from "./dom.js";

export function makeDrawer(root, signal) {
  let opener;
  const body = el("div", { class: "body" });
  const title = el("h2", { id: "drawer-title" });
  const close = () => {
    if (drawer.hidden) return;
    drawer.hidden = true;
    root.classList.remove("beside");
    opener?.focus({ preventScroll: true });
  };
  const drawer = el("aside", { class: "drawer", "aria-labelledby": "drawer-title", hidden: true, tabindex: -1, id: "drawer" },
    el("div", { class: "head" }, title, el("button", { class: "plain", type: "button", id: "close", onclick: close }, "Close")), body);
  root.append(drawer);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close(), { signal });
  signal.addEventListener("abort", () => root.classList.remove("beside"));
  return {
    body,
    open(name, from) {
      opener = from;
      title.textContent = name;
      show(body);
      drawer.hidden = false;
      root.classList.add("beside");
      drawer.focus({ preventScroll: true });
      drawer.scrollTop = 0;
    },
  };
}
