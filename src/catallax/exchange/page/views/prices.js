// Outcomes and their prices.

import { bar, h } from "../dom.js";
import { percent } from "../words.js";

export const COLOURS = 8;
export const colour = (outcome) => `c${outcome % COLOURS}`;

/** A row for each outcome, or for the likeliest ones; the one that happened is marked. */
export function prices(row, most = row.outcomes.length) {
  const all = row.outcomes.map((name, outcome) => ({ name, outcome, price: row.prices[outcome] }));
  const shown = most < all.length ? all.toSorted((a, b) => b.price - a.price).slice(0, most) : all;
  return h("ul", { class: "prices" },
    shown.map(({ name, outcome, price }) => h("li", { class: colour(outcome) },
      h("span", { class: "name" }, h("i", { class: "dot", "aria-hidden": "true" }), h("span", {}, name), row.outcome === outcome && h("span", { class: "chip on" }, "happened")),
      h("b", { class: "money" }, percent(price)), bar(price),
    )),
    shown.length < all.length && h("li", { class: "small soft" }, `and ${all.length - shown.length} more`),
  );
}
