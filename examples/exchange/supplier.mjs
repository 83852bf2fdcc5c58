// A supplier in thirty lines of plain JavaScript: node examples/exchange/supplier.mjs http://127.0.0.1:8000 NAME
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const [url, name] = process.argv.slice(2);
let token = existsSync(`${name}.token`) ? readFileSync(`${name}.token`, "utf8") : "";

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(`${url}/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.detail);
  return content;
}

if (!token) writeFileSync(`${name}.token`, (token = (await call("POST", "/parties", { name })).token));
console.log(`${name} has ${(await call("GET", "/me")).balance / 1e6} credits; stop it with Ctrl-C`);
const seen = new Set();
for (;;) {
  for (const bought of (await call("GET", "/me/purchases?status=working")).items) {
    const { text } = await call("GET", `/requests/${bought.request}`);
    const loud = text.split(":").at(-1).trim().toUpperCase();
    await call("POST", `/purchases/${bought.id}/state`, { teaser: "in capitals", text: loud, final: true });
  }
  for (const { id } of (await call("GET", "/requests?phase=bidding&newest=true")).items.filter((row) => !seen.has(row.id))) {
    seen.add(id);
    const { text, bounty, states } = await call("GET", `/requests/${id}`);
    if (text.includes("loud")) await call("POST", "/bids", { state: states[0].id, amount: Math.floor(bounty / 10) });
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}
