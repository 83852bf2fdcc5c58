// A list of things, the newest first, and the form that adds one.

import { get, listen } from "../api.js";
import { h, place } from "../dom.js";
import { countDown, soon } from "../live.js";
import { left } from "../words.js";

const STEP = 50;
const MOST = 200;

/**
 * @param what title and about (a line on what these are), empty (what is said where there are none), path (of the service),
 *   card (a row's node), post (the form's name) and form.
 */
export async function listing(main, what) {
  const list = place({ class: "stack" });
  const posting = h("details", { class: "card posting", open: matchMedia("(min-width: 900px)").matches }, h("summary", {}, what.post), what.form);
  main.append(
    h("div", { class: "intro" }, h("h1", {}, what.title), h("p", { class: "soft" }, what.about)),
    h("div", { class: "columns" }, h("section", { "aria-label": what.title }, list.node), h("aside", { class: "above" }, posting)),
  );
  let most = STEP;
  const look = async () => {
    const { items, next } = await get(`${what.path}?limit=${most}&newest=true`);
    const more = next !== null && most < MOST && h("button", { class: "quiet", onclick: () => ((most = Math.min(most + STEP, MOST)), look()) }, "Show older ones");
    list.show([items, most], () => (items.length ? [...items.map(what.card), more] : h("p", { class: "empty card" }, what.empty)));
  };
  await look();
  const stop = listen(null, null, soon(look));
  const still = countDown(main);
  return () => (stop(), still());
}

/** A thing in a list. */
export function entry(link, row, worth, facts, ...rest) {
  return h("a", { class: "card link", href: link },
    h("div", { class: "row apart title" }, h("h2", {}, row.title), worth),
    h("div", { class: "row small soft facts" }, facts, row.due && h("span", { class: "money", "data-due": row.due }, left(row.due)), h("span", {}, `by ${row.owner}`)),
    rest,
  );
}
