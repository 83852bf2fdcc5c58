// One prediction question: its prices over time, what one holds, who trades, and what everybody got.

import { get, post } from "../api.js";
import { chart } from "../chart.js";
import { form, h } from "../dom.js";
import { credits, percent, short, when } from "../words.js";
import { colour, prices } from "./prices.js";
import { payouts } from "./payouts.js";
import { chip } from "./questions.js";
import { headline, scene } from "./scene.js";
import { moved, trading } from "./trading.js";

export function question(main, here, number) {
  const names = { of: [] };
  const at = scene(main, `question/${number}`, (event) => sentence(event, names.of));
  let desk = null;
  let most = 10;
  const look = async () => {
    const path = `questions/${number}`;
    const [row, past, recent] = await Promise.all([get(path), get(`${path}/history?points=200`), get(`${path}/trades?limit=${most}&newest=true`)]);
    const held = row.phase === "ended" ? await get(`${path}/holdings?limit=200`) : null;
    names.of = row.outcomes;
    const own = row.owner === here.who.name;
    at.head.show([row, past], () => [heading(row), market(row, past)]);
    at.move.show(row.phase, () => {
      desk = row.phase === "open" && !own ? trading(row, look) : null;
      return [desk?.node, own && row.phase !== "ended" && resolving(row, look)];
    });
    desk?.know(row);
    at.side.show([row.mine, row.outcome], () => holding(row));
    at.body.show([recent, held], () => [held && payouts(row, held), trades(row, recent, () => ((most = 200), look()))]);
    await here.count();
  };
  return at.follow(look);
}

function heading(row) {
  return headline(row, null, [chip(row), h("span", {}, `${short(row.volume)} traded`), row.phase !== "ended" && h("span", {}, `${row.owner} can lose ${credits(row.loss)} at most`)],
    h("p", { class: "words" }, row.text),
    row.phase === "ended" && h("p", { class: "aside" }, ENDED[row.ending](row)),
  );
}

const ENDED = {
  resolved: (row) => ["It happened: ", h("b", {}, row.outcomes[row.outcome]), ". Each share of it was paid one credit."],
  cancelled: (row) => `${row.owner} said that nothing counts. Everybody got back what it paid.`,
  expired: (row) => `${row.owner} did not say in time what happened. Everybody got back what it paid.`,
};

function market(row, past) {
  const [first, last] = [past.items[0].at, past.items.at(-1).at];
  const early = row.phase === "ended" && row.closes > Date.now(); // nothing tells when: a little after the last trade
  const until = early ? last + 0.03 * (last - first) : Math.min(row.closes, Date.now());
  return h("section", { class: "card" }, h("h2", {}, "Prices"), prices(row), chart(past, until, colour));
}

function holding(row) {
  const { shares, paid, received } = row.mine;
  if (!shares.some(Boolean) && paid === 0) return null;
  return h("section", { class: "card" },
    h("h2", {}, received === null ? "What you hold" : "What you held"),
    h("ul", { class: "plain" }, shares.map((count, outcome) => count > 0 && h("li", { class: `row apart ${colour(outcome)}` },
      h("span", { class: "name" }, h("i", { class: "dot", "aria-hidden": "true" }), row.outcomes[outcome]),
      h("span", { class: "money" }, `${short(count)} shares`),
    ))),
    h("p", { class: "small soft" }, received !== null ? `You paid ${credits(Math.max(paid, 0))} and received ${credits(received)}.`
      : paid >= 0 ? `You paid ${credits(paid)} in all. A share pays one credit if its outcome happens.`
      : `You sold for ${credits(-paid)} more than you paid: you get that when the question is resolved.`),
  );
}

function trades(row, { items, next }, more) {
  return h("section", { class: "card" },
    h("h2", {}, "Trades"),
    items.length === 0 ? h("p", { class: "soft" }, "Nobody has traded yet: every outcome has the same price.") : h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Who", "Shares"].map((name) => h("th", { scope: "col" }, name)), ["Cost", "Price"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", {}, items.map((trade) => h("tr", {},
        h("td", {}, h("b", {}, trade.party), h("div", { class: "small soft money" }, when(trade.at))), h("td", {}, moved(trade.shares, row.outcomes)),
        h("td", { class: "number" }, short(trade.cost)), h("td", { class: "number" }, percent(trade.prices[trade.outcome])),
      ))),
    )),
    next !== null && items.length < 200 && h("button", { class: "quiet", onclick: more }, "Show older ones"),
  );
}

function resolving(row, look) {
  const choice = (value, name) => h("label", {}, h("input", { type: "radio", name: "outcome", value, required: true }), name);
  return h("section", { class: "card" },
    h("h2", {}, "Say what happened"),
    h("p", { class: "small soft" }, "It is yours, so you do not trade. You may say it before trading ends; it stands for good, and everybody is paid at once."),
    form(
      [h("fieldset", { class: "down" }, h("legend", { class: "small" }, "What happened"), row.outcomes.map((name, outcome) => choice(outcome, name)), choice("none", "Nothing counts: everybody gets back what it paid"))],
      "Resolve for good",
      async (data) => {
        if (!data.has("outcome")) throw new Error("Choose what happened.");
        await post(`questions/${row.id}/resolve`, { outcome: data.get("outcome") === "none" ? null : Number(data.get("outcome")) });
        await look();
      },
    ),
  );
}

function sentence({ kind, data }, outcomes) {
  switch (kind) {
    case "question.opened": return `${data.owner} asked`;
    case "trade.made": return null; // there is a list of them
    case "question.closed": return "trading ended";
    case "question.resolved": return `resolved: ${outcomes[data.outcome]}`;
    case "question.cancelled": return "nothing counts: all money went back";
    case "question.expired": return "nobody said what happened: all money went back";
    default: return kind;
  }
}
