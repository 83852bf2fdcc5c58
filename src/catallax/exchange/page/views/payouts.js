// What everybody got of a question in the end.

import { h } from "../dom.js";
import { short } from "../words.js";

/** Who gains was paid by who loses, its owner among them; a list that is cut off cannot tell what is left for the owner. */
export function payouts(row, held) {
  const got = held.items.map((one) => ({ name: one.party, paid: Math.max(one.paid, 0), received: one.received }));
  const sum = (name) => got.reduce((total, one) => total + one[name], 0);
  const owner = held.next === null ? [{ name: row.owner, note: "asked, and stood for the loss", paid: row.loss, received: row.loss + sum("paid") - sum("received") }] : [];
  const all = [...got.toSorted((a, b) => b.received - b.paid - (a.received - a.paid)), ...owner];
  return h("section", { class: "card" },
    h("h2", {}, "What everybody got"),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Who"), ["Paid", "Received", "Gained"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", {}, all.map((one) => h("tr", {},
        h("td", {}, h("b", {}, one.name), one.note && h("div", { class: "small soft" }, one.note)),
        h("td", { class: "number" }, short(one.paid)), h("td", { class: "number" }, short(one.received)),
        h("td", { class: `number ${one.received < one.paid ? "loss" : "gain"}` }, short(one.received - one.paid)),
      ))),
    )),
  );
}
