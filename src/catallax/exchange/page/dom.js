// Nodes from values: strings become text and never markup.

import { wrong } from "./words.js";

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
      const blank = [...node.elements].find((input) => input.required && !input.value.trim());
      if (blank) throw wrong(blank.name, "Please fill this in.");
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
  const input = blamed(node, refusal.field ?? "");
  const line = h("p", { class: "wrong", role: "alert" }, refusal.message);
  if (!input) return button.before(line);
  input.setAttribute("aria-invalid", "true");
  (input.closest("label") ?? input).after(line);
  input.focus();
}

/** The field that a rule names: `goal.choose.options.1` is about the options. */
function blamed(node, path) {
  return [path, ...path.split(".").reverse()].map((name) => name && node.elements.namedItem(name)).find((found) => found instanceof Element);
}

export function field(label, name, props = {}, hint = "") {
  const { tag = "input", options, value, ...rest } = props;
  const inside = (options ?? []).map(([of, text]) => h("option", { value: of, selected: of === value }, text));
  const input = h(tag, { name, value: tag === "input" ? value : null, ...rest }, tag === "textarea" ? (value ?? "") : inside);
  return h("label", {}, label, hint && h("span", { class: "hint" }, ` ${hint}`), input);
}

/** A share of a whole, drawn. */
export function bar(share, kind = "") {
  const fill = h("i");
  fill.style.width = `${100 * share}%`;
  return h("span", { class: `bar ${kind}`, "aria-hidden": "true" }, fill);
}
