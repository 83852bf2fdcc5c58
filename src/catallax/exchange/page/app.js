// Which place is shown, and who is there.

import { get, session } from "./api.js";
import { h, notice } from "./dom.js";
import { credits } from "./words.js";
import { account } from "./views/account.js";
import { request } from "./views/request.js";
import { requests } from "./views/requests.js";
import { welcome } from "./views/welcome.js";

const PLACES = [
  [/^#\/request\/(\d+)$/, request],
  [/^#\/account$/, account],
  [/^#\/?$/, requests],
];
const NAMES = [["#/", "Requests"], ["#/account", "Account"]];

let leave = () => {};
let who = null;

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
    purse.replaceChildren(h("a", { href: "#/account" }, who.name), h("span", { class: "chip on money" }, credits(me.balance)));
  },
};

async function show() {
  leave();
  leave = () => {};
  const hash = location.hash || "#/";
  const main = document.getElementById("main");
  const [pattern, view] = who ? (PLACES.find(([known]) => known.test(hash)) ?? [/$/, lost]) : [/$/, welcome];
  document.getElementById("places").replaceChildren(
    ...(who ? NAMES : []).map(([link, name]) => h("a", { href: link, "aria-current": at(link, hash) && "page" }, name)),
  );
  main.replaceChildren();
  try {
    leave = (await view(main, here, ...hash.match(pattern).slice(1))) ?? (() => {});
  } catch (refusal) {
    main.replaceChildren(h("p", { class: "empty" }, refusal.message));
  }
  main.focus({ preventScroll: true });
}

function at(link, hash) {
  return link === "#/" ? !NAMES.slice(1).some(([other]) => at(other, hash)) : hash.startsWith(link);
}

function lost(main) {
  main.replaceChildren(h("p", { class: "empty" }, "There is nothing here. ", h("a", { href: "#/" }, "To the requests")));
}

window.addEventListener("hashchange", show);
window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  notice(event.reason?.message ?? "Something went wrong.");
});
await here.enter();
