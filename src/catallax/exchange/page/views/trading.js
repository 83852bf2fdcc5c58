// Buying and selling shares of outcomes, at a cost that was shown before.

import { get, post } from "../api.js";
import { field, form, h } from "../dom.js";
import { soon } from "../live.js";
import { chance, credits, micro, percent, short, wrong } from "../words.js";

const SIDES = [["buy", "Buy shares"], ["sell", "Sell shares"], ["price", "Move the price"]];
const HINTS = { buy: "shares", sell: "shares that you hold", price: "per cent: as likely as you hold it" };

/** The form, and `know`, which tells it that the question has changed. */
export function trading(first, look) {
  let row = first;
  let shown = null;
  let asked = 0;
  const told = h("div", { class: "quote", role: "status" });
  const hint = h("span", { class: "hint" });
  const amount = h("label", {}, "How much ", hint, h("input", { name: "amount", inputmode: "decimal", required: true, autocomplete: "off" }));
  const node = form(
    [
      field("Outcome", "outcome", { tag: "select", options: row.outcomes.map((name, outcome) => [outcome, name]) }),
      field("What to do", "side", { tag: "select", options: SIDES }),
      amount,
      told,
    ],
    "Look what it costs",
    async (data) => {
      const wish = wished(data, row);
      if (shown?.key !== key(wish)) return quote();
      try {
        const made = await post(`questions/${row.id}/trades`, { ...wish, limit: shown.cost });
        node.elements.amount.value = "";
        clear(h("p", {}, `Done: ${moved(made.shares, row.outcomes)} for ${credits(made.cost)}.`));
      } catch (refusal) {
        clear();
        if (refusal.type !== "urn:catallax:above-limit") throw refusal;
        await quote();
        throw wrong("amount", "Somebody was faster, and the price has moved. This is what it costs now.");
      } finally {
        await look();
      }
    },
    { oninput: () => (clear(), later()) },
  );
  const button = node.querySelector("button");
  const clear = (...content) => {
    asked++;
    shown = null;
    told.replaceChildren(...content);
    button.textContent = "Look what it costs";
    hint.textContent = HINTS[node.elements.side.value];
  };
  const quote = async () => {
    const wish = wished(new FormData(node), row);
    const turn = ++asked;
    const found = await get(`questions/${row.id}/quote?${new URLSearchParams(wish)}`);
    if (turn !== asked) return;
    shown = { key: key(wish), cost: found.cost };
    button.textContent = `${found.cost < 0 ? "Sell" : "Buy"} for ${short(Math.abs(found.cost))}`;
    told.replaceChildren(facts(found, row));
  };
  const later = soon(() => node.isConnected && node.elements.amount.value.trim() && quote().catch((error) => told.replaceChildren(h("p", { class: "wrong" }, error.message))), 250);
  clear();
  return {
    node: h("section", { class: "card" }, h("h2", {}, "Trade"), node),
    know(now) {
      const before = row;
      row = now;
      if (shown && String(before.prices) !== String(now.prices)) later();
    },
  };
}

const key = (wish) => JSON.stringify(wish);

function wished(data, row) {
  const outcome = Number(data.get("outcome"));
  const [side, amount] = [data.get("side"), data.get("amount")];
  if (side === "price") {
    const price = chance(amount, "amount");
    if (Math.abs(price - row.prices[outcome]) < 1e-5) throw wrong("amount", "That is its price already.");
    return { outcome, price };
  }
  const shares = micro(amount, "amount");
  if (shares === 0) throw wrong("amount", "Expected more than nothing.");
  if (side === "sell" && shares > row.mine.shares[outcome]) throw wrong("amount", `You hold ${credits(row.mine.shares[outcome])} of it. To bet against it, move its price down.`);
  return { outcome, shares: side === "sell" ? -shares : shares };
}

function facts(found, row) {
  const gain = found.pays - found.cost;
  return h("dl", {},
    h("div", {}, h("dt", {}, "What"), h("dd", {}, moved(found.shares, row.outcomes))),
    h("div", {}, h("dt", {}, found.cost < 0 ? "Brings" : "Costs"), h("dd", { class: "money" }, credits(Math.abs(found.cost)))),
    h("div", {}, h("dt", {}, `Price of ${row.outcomes[found.outcome]}`), h("dd", { class: "money" }, `${percent(row.prices[found.outcome])} → ${percent(found.prices[found.outcome])}`)),
    gain > 0 && h("div", {}, h("dt", {}, "Of that, when it is resolved"), h("dd", { class: "money" }, credits(gain))),
  );
}

/** What a trade moved: +5.00 Yes. */
export function moved(shares, outcomes) {
  return shares.flatMap((count, outcome) => (count ? [`${count > 0 ? "+" : ""}${short(count)} ${outcomes[outcome]}`] : [])).join(", ");
}
