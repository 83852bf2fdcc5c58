// Nodes from values: strings become text and never markup.

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  node.append(...children.flat(Infinity));
  return node;
}

/** A place whose content is made anew only when what it shows has changed, so that nobody's typing is lost. */
export function place(props = {}) {
  const node = h("div", props);
  let shown;
  return {
    node,
    show(data, build) {
      const now = JSON.stringify(data);
      if (now === shown) return;
      shown = now;
      node.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
    },
  };
}

export function notice(text) {
  const box = document.getElementById("notice");
  const line = h("div", {}, text);
  box.replaceChildren(line);
  setTimeout(() => line.isConnected && line.remove(), 6000);
}

/** A form that sends once, says what was refused beside the field, and keeps what was typed. */
export function form(fields, label, send, props = {}) {
  const button = h("button", { type: "submit" }, label);
  const node = h("form", { novalidate: true, ...props }, fields, button);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const old of node.querySelectorAll(".wrong")) old.remove();
    for (const old of node.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
    button.disabled = true;
    try {
      await send(new FormData(node), node);
    } catch (refusal) {
      blame(node, button, refusal);
    } finally {
      button.disabled = false;
    }
  });
  return node;
}

function blame(node, button, refusal) {
  const input = refusal.field && node.elements.namedItem(refusal.field);
  const line = h("p", { class: "wrong", role: "alert" }, refusal.message);
  if (!(input instanceof Element)) return button.before(line);
  input.setAttribute("aria-invalid", "true");
  (input.closest("label") ?? input).after(line);
  input.focus();
}

export function field(label, name, props = {}, hint = "") {
  const { tag = "input", options, ...rest } = props;
  const input = h(tag, { name, ...rest }, (options ?? []).map(([value, text]) => h("option", { value }, text)));
  return h("label", {}, label, hint && h("span", { class: "hint" }, ` ${hint}`), input);
}
