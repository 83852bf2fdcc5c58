// One request: who added what, for how much, and what is to be done now.

import { drop, get, listen, post } from "../api.js";
import { field, form, h, place } from "../dom.js";
import { clock, credits, left, micro } from "../words.js";
import { chip, soon } from "./requests.js";

export async function request(main, here, number) {
  const head = place({ class: "stack" });
  const move = place({ class: "stack" });
  const chain = place({ class: "stack" });
  const told = h("ol", { class: "told", "aria-live": "polite" });
  main.append(
    h("div", { class: "columns" },
      h("div", { class: "stack" }, head.node, chain.node),
      h("aside", { class: "stack" }, move.node, h("section", { class: "card" }, h("h2", {}, "What happened"), told)),
    ),
  );
  const look = async () => {
    const [row, mine] = await Promise.all([get(`requests/${number}`), get("me/purchases?status=working&limit=200")]);
    const working = mine.items.filter((bought) => bought.request === row.id);
    head.show(row, () => heading(row));
    chain.show(row, () => [earnings(row), states(row)]);
    move.show([row.phase, row.stage, row.offers, working, forSale(row, here)], () => moves(row, working, here, look));
    await here.count();
  };
  await look();
  const again = soon(look);
  const opened = Date.now();
  const stop = listen(`request/${number}`, 0, (event) => {
    told.prepend(h("li", { class: event.at > opened && "fresh" }, h("time", {}, clock(event.at)), h("span", {}, sentence(event))));
    again();
  });
  const tick = setInterval(() => main.querySelectorAll("[data-due]").forEach((node) => (node.textContent = left(+node.dataset.due))), 1000);
  return () => (stop(), clearInterval(tick));
}

function heading(row) {
  return h("section", { class: "card" },
    h("div", { class: "row apart" }, h("h1", {}, row.title), h("span", { class: "money bounty" }, credits(row.bounty))),
    h("div", { class: "row small soft" },
      chip(row), row.due && h("span", { "data-due": row.due }, left(row.due)),
      h("span", {}, `by ${row.owner}`), h("span", {}, `stage ${row.stage} of ${row.stages}`),
      row.sealed > 0 && h("span", { class: "chip wait" }, `${row.sealed} sealed ${row.sealed === 1 ? "bid" : "bids"}`),
    ),
    h("p", { class: "words" }, row.text),
  );
}

/** Who earned what, once money flowed back along the chain. */
function earnings(row) {
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

function states(row) {
  const below = (parent) => row.states.filter((state) => state.parent === parent);
  const branch = (state) => h("li", {}, card(state, row), below(state.id).length > 0 && h("ol", {}, below(state.id).map(branch)));
  const [first] = below(null);
  const next = below(first.id);
  return h("section", {},
    h("h2", {}, "The chain"),
    h("ol", { class: "chain" }, next.length ? next.map(branch) : h("li", { class: "soft" }, row.phase === "closed" ? "Nothing was added." : "Nothing has been added yet.")),
  );
}

const STATUS = { "for-sale": "for sale", ended: "", offered: "offer", withdrawn: "withdrawn", picked: "picked" };

function card(state, row) {
  const sold = row.purchases.filter((sale) => sale.state === state.id);
  const bought = row.purchases.find((sale) => sale.id === state.purchase);
  const kind = state.status === "picked" ? "picked" : state.status === "for-sale" ? "sale" : "";
  return h("article", { class: `state ${kind}` },
    h("div", { class: "row apart" },
      h("div", { class: "row" }, h("b", {}, state.author), h("span", { class: "small soft" }, `bid ${credits(bought.bid)}, paid ${credits(bought.price)}`)),
      STATUS[state.status] && h("span", { class: `chip ${kind && "on"}` }, STATUS[state.status]),
    ),
    h("div", {}, state.teaser),
    state.text === null ? h("div", { class: "small shut" }, "The text is for those who buy it.") : h("p", { class: "text" }, state.text),
    sold.length > 0 && h("ul", { class: "sales" }, sold.map((sale) => h("li", {}, `sold to ${sale.buyer} for ${credits(sale.price)}${SALE[sale.status] ?? ""}`))),
  );
}

const SALE = { working: ", who works on it", missed: ", who never delivered", unused: ", paid back" };

function forSale(row, here) {
  if (row.phase !== "bidding" || row.owner === here.who.name) return [];
  return row.states.filter((state) => state.status === "for-sale" && state.author !== here.who.name).map(({ id, teaser, author }) => ({ id, teaser, author }));
}

/** What whoever looks can do now. */
function moves(row, working, here, look) {
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
  const told = h("p", { class: "small soft", role: "status" });
  return h("section", { class: "card" },
    h("h2", {}, "Bid for the right to work on it"),
    form(
      [
        field("State", "state", { tag: "select", options: sale.map((state) => [state.id, state.author === row.owner ? "the request itself" : `${state.author}: ${state.teaser}`.slice(0, 60)]) }),
        field("Bid", "amount", { inputmode: "decimal", required: true }, `credits, sealed until the stage is over${row.reserve ? `; at least ${credits(row.reserve)}` : ""}`),
      ],
      "Bid",
      async (data, node) => {
        const made = await post("bids", { state: Number(data.get("state")), amount: micro(data.get("amount"), "amount") });
        node.elements.amount.value = "";
        told.replaceChildren(`Your bid of ${credits(made.amount)} is sealed. `, h("button", { class: "quiet", onclick: async () => { await drop(`bids/${made.id}`); told.replaceChildren("Taken back."); look(); } }, "Take it back"));
        look();
      },
    ),
    told,
  );
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
  const pick = async (offer) => {
    await post(`requests/${row.id}/pick`, { offer });
    look();
  };
  return h("section", { class: "card" },
    h("h2", {}, "Pick an offer"),
    h("p", { class: "small soft" }, "Ordered by what its seller bid to present it: the more, the surer it is that you will like it."),
    h("ol", { class: "stack" }, row.offers.map((offer) => h("li", {},
      h("div", {}, h("b", {}, offer.seller), ` bid ${credits(offer.bid)}`), h("div", {}, offer.teaser),
      h("button", { onclick: () => pick(offer.id), "aria-label": `Pick the offer of ${offer.seller}` }, `Pick for ${credits(row.bounty)}`),
    ))),
    h("button", { class: "quiet", onclick: () => pick(null) }, "None of them"),
  );
}

function withdrawing(row, look) {
  return h("section", { class: "card" },
    h("h2", {}, "Waiting for bids"),
    h("p", { class: "small soft" }, "Until the first sale you can take your request back, bounty and all."),
    h("button", { class: "quiet", onclick: async () => { await drop(`requests/${row.id}`); look(); } }, "Take it back"),
  );
}

function sentence({ kind, data }) {
  switch (kind) {
    case "request.posted": return `${data.owner} asked, for ${credits(data.bounty)}`;
    case "bid.placed": return "a sealed bid came in";
    case "bid.withdrawn": return "a sealed bid was taken back";
    case "stage.sold": return data.sold.length ? `stage ${data.stage}: ${data.sold.map((sale) => `${sale.bidder} paid ${credits(sale.price)}`).join(", ")}` : `stage ${data.stage}: nobody bid`;
    case "stage.bidding": return `stage ${data.stage} takes bids`;
    case "stage.working": return `stage ${data.stage} is being worked on`;
    case "stage.choosing": return "offers are in";
    case "state.appended": return `${data.author} added: ${data.teaser}`;
    case "purchase.made": return `you bought for ${credits(data.price)}`;
    case "purchase.missed": return `${data.buyer} never delivered and forfeits ${credits(data.price)}`;
    case "offer.withdrawn": return "an offer was taken back";
    case "request.closed": return `closed: ${data.outcome}`;
    default: return kind;
  }
}
