// The chain of a request: who added what to which state, what it was sold for, and who earned what.

import { h } from "../dom.js";
import { credits } from "../words.js";

/** Who earned what, once money flowed back along the chain. */
export function earnings(row) {
  const picked = row.states.find((state) => state.status === "picked");
  if (!picked) return row.phase === "closed" && h("section", { class: "card" }, h("p", {}, CLOSED[row.outcome] ?? row.outcome));
  const sales = new Map(row.purchases.map((sale) => [sale.id, sale]));
  const links = [];
  for (let sale = sales.get(picked.purchase); sale; sale = sales.get(sale.after)) links.unshift(sale);
  const states = new Map(row.states.map((state) => [state.purchase, state]));
  const earned = links.map((sale, at) => [states.get(sale.id), sale, at + 1 < links.length ? links[at + 1].received : row.bounty]);
  return h("section", { class: "card" },
    h("h2", {}, "Who added what, and earned what"),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Supplier"), ["Paid", "Received", "Earned"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", {}, earned.map(([state, sale, received]) => h("tr", {},
        h("td", {}, h("b", {}, state.author), h("div", { class: "small soft" }, state.teaser)),
        h("td", { class: "number" }, credits(sale.price)), h("td", { class: "number" }, credits(received)),
        h("td", { class: `number ${received < sale.price ? "loss" : "gain"}` }, credits(received - sale.price)),
      ))),
    )),
    h("p", { class: "small soft" }, `${row.owner} paid ${credits(row.bounty)} for the answer and sold the request for ${credits(links[0].received)}.`),
  );
}

const CLOSED = {
  refused: "No offer was picked. The bounty and all payments went back.",
  unanswered: "Nobody made an offer. The bounty went back.",
  withdrawn: "It was taken back before anybody bought it.",
};

export function states(row) {
  const below = (parent) => row.states.filter((state) => state.parent === parent);
  const branch = (state) => h("li", {}, card(state, row), below(state.id).length > 0 && h("ol", {}, below(state.id).map(branch)));
  const [first] = below(null);
  const next = below(first.id);
  return h("section", {},
    h("h2", {}, "The chain"),
    h("ol", { class: "chain" }, next.length ? next.map(branch) : h("li", { class: "soft" }, row.phase === "closed" ? "Nothing was added." : "Nothing has been added yet.")),
  );
}

const STATUS = { "for-sale": "", ended: "", offered: "offer", withdrawn: "withdrawn", picked: "picked" };

function card(state, row) {
  const sold = row.purchases.filter((sale) => sale.state === state.id);
  const bought = row.purchases.find((sale) => sale.id === state.purchase);
  const onSale = state.status === "for-sale" && row.phase === "bidding";
  const kind = state.status === "picked" ? "picked" : onSale ? "sale" : "";
  return h("article", { class: `state ${kind}` },
    h("div", { class: "row apart" },
      h("div", { class: "row" }, h("b", {}, state.author), h("span", { class: "small soft" }, `bid ${credits(bought.bid)}, paid ${credits(bought.price)}`)),
      (onSale || STATUS[state.status]) && h("span", { class: `chip ${kind && "on"}` }, onSale ? "for sale" : STATUS[state.status]),
    ),
    h("div", {}, state.teaser),
    state.text === null ? h("div", { class: "small shut" }, "The text is for those who buy it.") : h("p", { class: "text" }, state.text),
    sold.length > 0 && h("ul", { class: "sales" }, sold.map((sale) => h("li", {}, `sold to ${sale.buyer} for ${credits(sale.price)}${SALE[sale.status] ?? ""}`))),
  );
}

const SALE = { working: ", who works on it", missed: ", who never delivered", unused: ", paid back" };
