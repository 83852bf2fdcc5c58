// One inquiry: what is offered, what became of it, and what was paid.

import { drop, get } from "../api.js";
import { h } from "../dom.js";
import { credits, percent } from "../words.js";
import { chip } from "./inquiries.js";
import { offering } from "./offering.js";
import { deed, headline, scene } from "./scene.js";

export function inquiry(main, here, number) {
  const at = scene(main, `inquiry/${number}`, sentence);
  const look = async () => {
    const row = await get(`inquiries/${number}`);
    const own = row.owner === here.who.name;
    at.head.show(row, () => [heading(row), row.phase === "closed" && ended(row)]);
    at.move.show(row.phase, () => row.phase === "open" && (own ? withdrawing(row, look) : offering(row, look)));
    at.body.show(row, () => offers(row, own, here.who.name, look));
    await here.count();
  };
  return at.follow(look);
}

const WANTED = {
  answer: () => "Wanted: an answer.",
  choose: (goal) => ["Wanted: which of these.", h("ul", {}, goal.options.map((option) => h("li", {}, option)))],
  forecast: (goal) => `Wanted: how likely it is. Without information it is held to be ${percent(goal.prior)}.`,
};

function heading(row) {
  const rounds = row.rounds > 1 ? `, ${row.rounds} rounds` : "";
  return headline(row, h("span", { class: "money bounty" }, credits(row.budget)),
    [chip(row), h("span", {}, `${row.slots} ${row.slots === 1 ? "offer is" : "offers are"} looked at${rounds}`)],
    h("p", { class: "words" }, row.goal.text), h("div", { class: "small soft" }, WANTED[row.goal.kind](row.goal)),
  );
}

const CLOSED = {
  bought: (row) => `${row.owner} bought for ${credits(row.spent)} of ${credits(row.budget)}. The rest came back.`,
  declined: () => "What was looked at was not bought. The budget came back.",
  unanswered: () => "Nothing was offered. The budget came back.",
  withdrawn: (row) => `${row.owner} took it back, and what was offered is forgotten.`,
  failed: (row) => `There was no verdict: ${REASONS[row.reason] ?? row.reason}. The budget came back.`,
};
const REASONS = {
  timeout: "looking took too long", provider: "the model could not be reached", over_budget: "looking would have cost too much",
  refused: "the model refused", malformed: "what came back was no verdict", broken: "looking failed",
};

/** What it came to, and who was paid and has paid for attention. */
function ended(row) {
  const paid = row.offers.filter((offer) => offer.status === "bought" || offer.paid > 0);
  const worth = (offer) => (offer.status === "bought" ? offer.price : 0) - offer.paid;
  return h("section", { class: "card" },
    h("h2", {}, "What was paid"),
    h("p", {}, (CLOSED[row.outcome] ?? (() => row.outcome))(row)),
    paid.length > 0 && h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Informer"), ["Price", "Attention", "Earned"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", {}, paid.map((offer) => h("tr", {},
        h("td", {}, h("b", {}, offer.informer), h("div", { class: "small soft" }, offer.teaser)),
        h("td", { class: "number" }, offer.status === "bought" ? credits(offer.price) : "–"), h("td", { class: "number" }, credits(offer.paid)),
        h("td", { class: `number ${worth(offer) < 0 ? "loss" : "gain"}` }, credits(worth(offer))),
      ))),
    )),
  );
}

function offers(row, own, name, look) {
  const none = row.phase === "open" ? "Nothing has been offered yet." : "Nothing was offered.";
  return h("section", {},
    h("h2", {}, "Offers"),
    row.offers.length === 0 && h("p", { class: "empty card" }, none),
    row.offers.map((offer) => card(offer, row, own, offer.informer === name, look)),
  );
}

/** What became of an offer, in two words. */
export function fate(offer, phase) {
  if (offer.status === "sealed") return phase === "inspecting" ? ["being looked at", "wait"] : ["sealed", ""];
  if (offer.status === "forgotten") return [offer.inspected ? "inspected, forgotten" : "forgotten unread", ""];
  return [offer.status, offer.status === "bought" ? "on" : ""];
}

function card(offer, row, own, mine, look) {
  const [name, kind] = fate(offer, row.phase);
  const bid = offer.bid !== null && `bid ${credits(offer.bid)} for attention${row.phase === "closed" ? `, paid ${credits(offer.paid)}` : ""}`;
  return h("article", { class: `state ${offer.status === "bought" ? "picked" : ""}` },
    h("div", { class: "row apart" },
      h("div", { class: "row" }, h("b", {}, mine ? "You" : offer.informer), bid && h("span", { class: "small soft" }, bid)),
      h("span", { class: `chip ${kind}` }, name),
    ),
    h("div", { class: "row apart" }, h("span", {}, offer.teaser), h("b", { class: "money" }, credits(offer.price))),
    offer.text !== null ? h("p", { class: "text" }, offer.text) : h("p", { class: "small shut" }, fortune(offer, row, own)),
    mine && row.phase === "open" && offer.status === "sealed" && deed("Withdraw", () => drop(`information/${offer.id}`), look, { "aria-label": `Withdraw ${offer.teaser}` }),
  );
}

/** Why there is no text to read. */
function fortune(offer, row, own) {
  if (offer.status === "sealed") return row.phase === "open" ? "Sealed until the offers are in." : "Being looked at behind closed doors.";
  if (offer.status === "bought") return own ? "" : `${row.owner} can read it.`;
  if (offer.reason) return `No verdict: ${REASONS[offer.reason] ?? offer.reason}. The text is gone.`;
  return "The text is gone.";
}

function withdrawing(row, look) {
  return h("section", { class: "card" },
    h("h2", {}, "Waiting for offers"),
    h("p", { class: "small soft" }, "When time is up a contractor looks at the offers, buys what is worth its price, and forgets the rest. You read what was bought."),
    deed("Take it back", () => drop(`inquiries/${row.id}`), look),
  );
}

function sentence({ kind, data }) {
  switch (kind) {
    case "inquiry.posted": return `${data.owner} asked, with ${credits(data.budget)} to spend`;
    case "information.offered": return `${data.informer} offered: ${data.teaser}`;
    case "information.withdrawn": return "an offer was withdrawn";
    case "information.displaced": return "your offer was displaced by a higher bid";
    case "inquiry.inspecting": return "offers are being looked at";
    case "information.judged": return `${data.informer}'s offer: ${data.bought ? "bought" : data.inspected ? "inspected, forgotten" : "forgotten unread"}`;
    case "inquiry.closed": return `closed: ${data.outcome}`;
    default: return kind;
  }
}
