// Offering sealed information.

import { post } from "../api.js";
import { field, form, h } from "../dom.js";
import { credits, micro } from "../words.js";

export function offering(row, look) {
  const told = h("p", { class: "small soft", role: "status" });
  return h("section", { class: "card" },
    h("h2", {}, "Offer what you know"),
    form(
      [
        field("Teaser", "teaser", { required: true, maxlength: 200 }, "for everybody"),
        field("Text", "text", { tag: "textarea", required: true, maxlength: 20000 }, "sealed: if it is not bought, it is forgotten"),
        h("div", { class: "two" },
          field("Price", "price", { inputmode: "decimal", required: true }, "credits"),
          field("Bid for attention", "bid", { inputmode: "decimal", required: true, value: credits(row.reserve) }, "credits"),
        ),
        h("p", { class: "small soft" }, `At most ${row.slots} ${row.slots === 1 ? "offer is" : "offers are"} looked at: what bids the most. You never pay more than you bid; the least is ${credits(row.reserve)}.`),
      ],
      "Seal and offer",
      async (data, node) => {
        await post(`inquiries/${row.id}/information`, {
          teaser: data.get("teaser").trim(), text: data.get("text").trim(), price: micro(data.get("price"), "price"), bid: micro(data.get("bid"), "bid"),
        });
        node.reset();
        told.replaceChildren("Sealed. Until somebody buys it nobody can read it here, not even you.");
        await look();
      },
    ),
    told,
  );
}
