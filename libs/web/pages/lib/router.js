// Pages by the part of the address behind `#`. Each page gets a signal that ends its timers, streams and listeners when another is opened.

function routeOf(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  try {
    return { parts: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
  } catch {
    return { parts: ["unknown"], query: new URLSearchParams() };
  }
}

export function startRouter(root, views, opened, first) {
  let controller = new AbortController();
  function open() {
    controller.abort();
    controller = new AbortController();
    const route = routeOf(location.hash);
    const [name = first] = route.parts;
    const view = Object.hasOwn(views, name) ? views[name] : views.unknown;
    root.replaceChildren();
    view({ ...route, root, signal: controller.signal });
    opened(name, route);
    root.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  window.addEventListener("hashchange", open);
  open();
}

// Writes the page's selection into its address without opening the page again.
export function rememberQuery(query) {
  const [path] = location.hash.split("?");
  const text = query.toString();
  history.replaceState(null, "", `${path || "#/"}${text ? `?${text}` : ""}`);
}
