// Money, shares, sealed offers and tokens of one's own.

import { drop, get, newToken, post } from "../api.js";
import { field, form, h, place } from "../dom.js";
import { credits, short, when } from "../words.js";
import { fate } from "./inquiry.js";

export async function account(main, here) {
  const money = place({ class: "stack" });
  const assets = place({ class: "stack" });
  const moves = place();
  const tokens = place();
  const made = h("div", { "aria-live": "polite" });
  main.append(
    h("div", { class: "columns" },
      h("div", { class: "stack" }, h("h1", {}, here.who.name), money.node, assets.node, moves.node),
      h("aside", { class: "stack" }, tokens.node, made, leaving(here)),
    ),
  );
  const look = async () => {
    const [me, moved, held, offered, own] = await Promise.all([
      get("me"), get("me/statement?limit=100&newest=true"), get("me/holdings?limit=50&newest=true"), get("me/information?limit=50&newest=true"), get("me/tokens?limit=200"),
    ]);
    money.show(me, () => purse(me));
    assets.show([held, offered], () => [holdings(held.items), offers(offered.items)]);
    moves.show(moved, () => statement(moved.items));
    tokens.show(own, () => tokenList(own.items.filter((row) => !row.revoked), made, look));
  };
  await look();
}

function purse(me) {
  const facts = [["Free", me.balance, "bounty"], ["Held in sealed bids", me.in_bids, ""], ["Held in bids for attention", me.in_attention, ""]];
  return h("section", { class: "card" }, h("dl", { class: "facts" }, facts.map(([name, amount, kind]) => h("div", {}, h("dt", {}, name), h("dd", { class: `money ${kind}` }, credits(amount))))));
}

function holdings(rows) {
  return rows.length > 0 && h("section", { class: "card" }, h("h2", {}, "Shares of outcomes"),
    table(["Question", "Shares"], ["Paid", "Received"], rows.map((row) => [
      h("a", { href: `#/question/${row.question}` }, row.title),
      row.shares.map((count, outcome) => count > 0 && h("div", {}, `${short(count)} ${row.outcomes[outcome]}`, row.outcome === outcome && " ✓")),
      short(row.paid), row.received === null ? "–" : short(row.received),
    ])),
  );
}

function offers(rows) {
  return rows.length > 0 && h("section", { class: "card" }, h("h2", {}, "Information offered"),
    table(["Inquiry", "State"], ["Price", "Attention"], rows.map((row) => [
      [h("a", { href: `#/inquiry/${row.inquiry}` }, row.title), h("div", { class: "small soft" }, row.teaser)],
      fate(row)[0], credits(row.price), credits(row.status === "sealed" ? row.bid : row.paid),
    ])),
  );
}

function statement(rows) {
  return h("section", { class: "card" }, h("h2", {}, "Statement"),
    table(["When", "What"], ["Credits"], rows.map((row) => [
      h("span", { class: "soft money" }, when(row.at)), [h("div", {}, KINDS[row.kind] ?? row.kind), h("div", { class: "small soft" }, source(row.key))],
      h("span", { class: row.amount < 0 ? "loss" : "gain" }, credits(row.amount)),
    ])),
  );
}

const KINDS = {
  admit: "welcome", payment: "paid in or out", bounty: "bounty put aside", bid: "sealed bid put aside", withdraw: "bid taken back", return: "came back",
  buy: "bought", release: "released from escrow", refund: "paid back", forfeit: "forfeited", subsidy: "put aside for a question", trade: "shares", payout: "payout of a question",
  rest: "what was left", budget: "budget put aside", attention: "attention", price: "information sold",
};

/** What a movement belongs to; a place, where it has one. */
function source(key) {
  const thing = key.split("/").slice(0, 2).join("/");
  return /^(request|question|inquiry)\/\d+$/.test(thing) ? h("a", { href: `#/${thing}` }, thing) : thing;
}

function table(names, numbers, rows) {
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)), numbers.map((name) => h("th", { scope: "col", class: "number" }, name)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, at) => h("td", { class: at >= names.length && "number" }, cell))))),
  ));
}

const SCOPES = ["read", "ask", "bid", "inform", "forecast"];

function tokenList(rows, made, look) {
  return h("section", { class: "card" }, h("h2", {}, "Tokens for programs"),
    h("ul", { class: "told tokens" }, rows.map((row) => h("li", {},
      h("span", {}, h("b", {}, row.label), " ", h("span", { class: "soft" }, row.scopes)),
      h("button", { class: "quiet", onclick: async () => { await drop(`me/tokens/${row.id}`); look(); }, "aria-label": `Revoke ${row.label}` }, "Revoke"),
    ))),
    form(
      [
        field("Label", "label", { required: true, maxlength: 80, placeholder: "my supplier" }),
        h("fieldset", {}, h("legend", { class: "small" }, "It may"), SCOPES.map((scope) => h("label", {}, h("input", { type: "checkbox", name: "scopes", value: scope, checked: scope === "read" || scope === "bid" }), scope))),
      ],
      "Make a token",
      async (data) => {
        const token = newToken();
        const { label } = await post("me/tokens", { label: data.get("label").trim(), scopes: data.getAll("scopes"), token });
        made.replaceChildren(h("p", { class: "small" }, `${label}, shown once:`), h("p", { class: "token" }, token));
        await look();
      },
    ),
  );
}

function leaving(here) {
  return h("section", { class: "card" }, h("button", { class: "quiet", onclick: async () => { await drop("session"); await here.enter(); } }, "Log out"));
}
