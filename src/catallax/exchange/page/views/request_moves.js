// What one can do with a request now: bid, deliver, pick, take back.

import { drop, post } from "../api.js";
import { field, form, h } from "../dom.js";
import { credits, micro } from "../words.js";
import { deed } from "./scene.js";

/** States that one may bid for. */
export function forSale(row, here) {
  if (row.phase !== "bidding" || row.owner === here.who.name) return [];
  return row.states.filter((state) => state.status === "for-sale" && state.author !== here.who.name).map(({ id, teaser, author }) => ({ id, teaser, author }));
}

/** What whoever looks can do now. */
export function moves(row, working, here, look) {
  const sale = forSale(row, here);
  const own = row.owner === here.who.name;
  return [
    ...working.map((bought) => delivering(row, bought, look)),
    sale.length > 0 && bidding(row, sale, look),
    own && row.phase === "choosing" && choosing(row, look),
    own && row.phase === "bidding" && row.stage === 1 && withdrawing(row, look),
  ];
}

function bidding(row, sale, look) {
  return h("section", { class: "card" },
    h("h2", {}, "Bid for the right to work on it"),
    form(
      [
        field("State", "state", { tag: "select", options: sale.map((state) => [state.id, state.author === row.owner ? "the request itself" : `${state.author}: ${state.teaser}`.slice(0, 60)]) }),
        field("Bid", "amount", { inputmode: "decimal", required: true }, `credits, sealed until the stage is over${row.reserve ? `; at least ${credits(row.reserve)}` : ""}`),
      ],
      "Bid",
      async (data, node) => {
        await post("bids", { state: Number(data.get("state")), amount: micro(data.get("amount"), "amount") });
        node.elements.amount.value = "";
        await look();
      },
    ),
  );
}

/** Bids of one's own that are not yet opened. */
export function sealed(bids, look) {
  return bids.length > 0 && h("section", { class: "card", role: "status" }, bids.map((bid) => h("div", { class: "row apart" },
    h("span", {}, `Your bid of ${credits(bid.amount)} is sealed.`),
    deed("Take it back", () => drop(`bids/${bid.id}`), look, { "aria-label": `Take the bid of ${credits(bid.amount)} back` }),
  )));
}

function delivering(row, bought, look) {
  const last = bought.stage >= row.stages;
  return h("section", { class: "card" },
    h("h2", {}, "You won. Append to it"),
    h("p", { class: "small soft" }, `You paid ${credits(bought.price)}. Who never delivers forfeits it.`),
    form(
      [
        field("Teaser", "teaser", { required: true, maxlength: 200 }, "for everybody"),
        field("Text", "text", { tag: "textarea", required: true, maxlength: 100000 }, last ? "for the requester, once it picks it" : "for whoever buys it next"),
        !last && h("label", {}, h("input", { type: "checkbox", name: "final" }), "This is an offer to the requester"),
      ],
      "Deliver",
      async (data) => {
        await post(`purchases/${bought.id}/state`, { teaser: data.get("teaser").trim(), text: data.get("text").trim(), final: data.has("final") });
        look();
      },
    ),
  );
}

function choosing(row, look) {
  const pick = (label, offer, props) => deed(label, () => post(`requests/${row.id}/pick`, { offer }), look, props);
  return h("section", { class: "card" },
    h("h2", {}, "Pick an offer"),
    h("p", { class: "small soft" }, "Ordered by what its seller bid to present it: the more, the surer it is that you will like it."),
    h("ol", { class: "offers" }, row.offers.map((offer) => h("li", {},
      h("div", {}, h("b", {}, offer.seller), ` bid ${credits(offer.bid)}`), h("div", {}, offer.teaser),
      pick(`Pick for ${credits(row.bounty)}`, offer.id, { class: "", "aria-label": `Pick the offer of ${offer.seller}` }),
    ))),
    pick("None of them", null),
  );
}

function withdrawing(row, look) {
  return h("section", { class: "card" },
    h("h2", {}, "Waiting for bids"),
    h("p", { class: "small soft" }, "Until the first sale you can take your request back, bounty and all."),
    deed("Take it back", () => drop(`requests/${row.id}`), look),
  );
}
