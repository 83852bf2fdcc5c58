// One request: who added what, for how much, and what is to be done now.

import { get } from "../api.js";
import { h } from "../dom.js";
import { credits } from "../words.js";
import { chip } from "./requests.js";
import { earnings, states } from "./request_chain.js";
import { forSale, moves, sealed } from "./request_moves.js";
import { headline, scene } from "./scene.js";

export function request(main, here, number) {
  const at = scene(main, `request/${number}`, sentence);
  const look = async () => {
    const [row, mine, bids] = await Promise.all([get(`requests/${number}`), get("me/purchases?status=working&limit=200"), get("me/bids?limit=200&newest=true")]);
    const closed = bids.items.filter((bid) => bid.request === row.id && bid.status === "sealed");
    const working = mine.items.filter((bought) => bought.request === row.id);
    at.head.show(row, () => heading(row));
    at.body.show(row, () => [earnings(row), states(row)]);
    at.move.show([row.phase, row.stage, row.offers, working, forSale(row, here)], () => moves(row, working, here, look));
    at.side.show(closed, () => sealed(closed, look));
    await here.count();
  };
  return at.follow(look);
}

function heading(row) {
  return headline(row, h("span", { class: "money bounty" }, credits(row.bounty)),
    [
      chip(row), h("span", {}, `stage ${row.stage} of ${row.stages}`),
      row.sealed > 0 && h("span", { class: "chip wait" }, `${row.sealed} sealed ${row.sealed === 1 ? "bid" : "bids"}`),
    ],
    h("p", { class: "words" }, row.text),
  );
}

function sentence({ kind, data }) {
  switch (kind) {
    case "request.posted": return `${data.owner} asked, for ${credits(data.bounty)}`;
    case "bid.placed": return "a sealed bid came in";
    case "bid.displaced": return "your bid was displaced: too many are higher";
    case "bid.withdrawn": return "a sealed bid was taken back";
    case "stage.sold": return data.sold.length ? `stage ${data.stage}: ${data.sold.map((sale) => `${sale.bidder} paid ${credits(sale.price)}`).join(", ")}` : `stage ${data.stage}: nobody bid`;
    case "stage.bidding": return `stage ${data.stage} takes bids`;
    case "stage.working": return `stage ${data.stage} is being worked on`;
    case "stage.choosing": return "offers are in";
    case "state.appended": return `${data.author} added: ${data.teaser ?? "an offer"}`;
    case "purchase.made": return `you bought for ${credits(data.price)}`;
    case "purchase.missed": return `${data.buyer} never delivered and forfeits ${credits(data.price)}`;
    case "offer.withdrawn": return "an offer was taken back";
    case "request.closed": return `closed: ${data.outcome}`;
    default: return kind;
  }
}
