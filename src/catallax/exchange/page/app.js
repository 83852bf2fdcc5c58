// Which place is shown, and who is there.

import { get, session } from "./api.js";
import { h, notice } from "./dom.js";
import { credits, short } from "./words.js";
import { account } from "./views/account.js";
import { inquiries } from "./views/inquiries.js";
import { inquiry } from "./views/inquiry.js";
import { question } from "./views/question.js";
import { questions } from "./views/questions.js";
import { request } from "./views/request.js";
import { requests } from "./views/requests.js";
import { welcome } from "./views/welcome.js";

const PLACES = [
  [/^#\/request\/(\d+)$/, request],
  [/^#\/question\/(\d+)$/, question],
  [/^#\/questions$/, questions],
  [/^#\/inquiry\/(\d+)$/, inquiry],
  [/^#\/inquiries$/, inquiries],
  [/^#\/account$/, account],
  [/^#\/?$/, requests],
];
/** Address, name, and what the addresses of its places begin with. */
const NAMES = [
  ["#/", "Requests", /^#\/(request\/|$)/],
  ["#/questions", "Questions", /^#\/question/],
  ["#/inquiries", "Information", /^#\/inquir/],
  ["#/account", "Account", /^#\/account/],
];

let leave = () => {};
let who = null;
let shown = 0;

/** What every place can use: who is there, and the purse that follows what was spent. */
const here = {
  get who() {
    return who;
  },
  async enter() {
    who = await session();
    await here.count();
    show();
  },
  async count() {
    const purse = document.getElementById("purse");
    if (!who) return purse.replaceChildren();
    const me = await get("me");
    purse.replaceChildren(h("a", { href: "#/account" }, who.name), h("span", { class: "chip on money", title: `${credits(me.balance)} credits` }, short(me.balance)));
  },
};

async function show() {
  leave();
  leave = () => {};
  const turn = ++shown;
  const hash = location.hash || "#/";
  const main = document.getElementById("main");
  const [pattern, view] = who ? (PLACES.find(([known]) => known.test(hash)) ?? [/$/, lost]) : [/$/, welcome];
  document.getElementById("places").replaceChildren(
    ...(who ? NAMES : []).map(([link, name, places]) => h("a", { href: link, "aria-current": places.test(hash) && "page" }, name)),
  );
  main.replaceChildren();
  try {
    const end = (await view(main, here, ...hash.match(pattern).slice(1))) ?? (() => {});
    if (turn !== shown) return end(); // somebody went on meanwhile
    leave = end;
  } catch (refusal) {
    if (turn !== shown) return;
    main.replaceChildren(h("p", { class: "empty" }, refusal.message));
  }
  document.title = [main.querySelector("h1")?.textContent, "catallax exchange"].filter(Boolean).join(" · ");
  if (!main.contains(document.activeElement)) main.focus({ preventScroll: true }); // whoever types already is left there
}

function lost(main) {
  main.replaceChildren(h("p", { class: "empty" }, "There is nothing here. ", h("a", { href: "#/" }, "To the requests")));
}

window.addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // addresses are places here
  document.getElementById("main").focus();
});
window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  notice(event.reason?.message ?? "Something went wrong.");
});
await here.enter();
